/** What the payment provider, which the simulators play, takes for an answer from now on. */
export async function slowProvider(simulatorsUrl: string, latencyMs: number): Promise<void> {
  const answer = await fetch(`${simulatorsUrl}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ latencyMs }),
  });
  if (!answer.ok) throw new Error(`the provider's latency could not be set: ${answer.status}`);
}
