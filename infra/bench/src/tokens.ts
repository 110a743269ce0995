import { randomUUID } from 'node:crypto';

/** Bearer tokens of this many new customers, from the identity provider's simulator. */
export function tokensOf(simulatorsUrl: string, customers: number): Promise<string[]> {
  return Promise.all(Array.from({ length: customers }, () => tokenOf(simulatorsUrl, randomUUID())));
}

export async function tokenOf(simulatorsUrl: string, sub: string): Promise<string> {
  const response = await fetch(`${simulatorsUrl}/identity/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub }),
  });
  if (!response.ok) throw new Error(`no token from ${simulatorsUrl}: ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}
