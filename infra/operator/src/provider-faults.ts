import { CommandFailed } from './cli.ts';

const withinMs = 5_000;

/**
 * Replaces what the payment provider, which the simulators play, does wrong; `{}` is nothing.
 * @throws CommandFailed when it does not take it: what is measured then would be something else
 */
export async function setFaults(simulatorsUrl: string, faults: object): Promise<void> {
  const answer = await fetch(`${simulatorsUrl}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
    signal: AbortSignal.timeout(withinMs),
  });
  if (!answer.ok) throw new CommandFailed(`the payment provider's PUT /faults answered ${answer.status}, not 200`);
}
