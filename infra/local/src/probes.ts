/** Within which a part answers, or counts as degraded. */
const patienceMs = 1_500;

/** Asks a service whether it takes work. */
export async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(patienceMs) });
  await response.body?.cancel();
  return response.ok;
}
