import { inject } from 'vitest';
import type { ServerAddresses } from './shared-servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a spec asks for the servers of this run. */
    testServersUrl: string;
  }
}

/** The address of a server shared by this run; the first to ask waits until it is up. */
export async function askFor<K extends keyof ServerAddresses>(kind: K): Promise<ServerAddresses[K]> {
  const url = inject('testServersUrl');
  if (!url) throw new Error('shared servers exist for *.int.spec.ts and *.e2e.spec.ts only');
  const response = await fetch(`${url}/${kind}`);
  if (!response.ok) throw new Error(`${kind} did not start: ${await response.text()}`);
  return (await response.json()) as ServerAddresses[K];
}
