import { CommandFailed } from './cli.ts';
import { issueToken } from './identity.ts';
import type { SystemUrls } from './system.ts';

/** Who asks on this machine when nobody is named. */
export const localOperator = '00000000-0000-4000-8000-000000000001';

/** A customer or an operator. */
export const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

export interface OperatorCall {
  method: string;
  path: string;
  body?: unknown;
  /** A UUID: it goes on record. */
  operatorId?: string | undefined;
}

/** Asks the gateway's operator listener, with an operator's token. @throws CommandFailed with what it answered */
export async function askAsOperator<Body>(
  system: SystemUrls,
  { method, path, body, operatorId = localOperator }: OperatorCall,
): Promise<Body> {
  if (!isId(operatorId)) throw new CommandFailed('--as takes a UUID');
  const answer = await fetch(new URL(path, system.operator), {
    method,
    headers: {
      authorization: `Bearer ${await issueToken(system, { sub: operatorId, role: 'operator' })}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const said = (await answer.json()) as Body & { title?: string; detail?: string };
  if (!answer.ok) throw new CommandFailed(`the gateway answered ${answer.status}: ${said.detail ?? said.title}`);
  return said;
}
