import { createServer } from 'node:net';
import { until } from './until.ts';

const handedOut = new Set<number>();

/**
 * A port of the loopback address that nobody listens on.
 * It is drawn from below the kernel's ephemeral range, where an outgoing connection could take it before its server binds.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (handedOut.has(port) || !(await portIsFree(port))) continue;
    handedOut.add(port);
    return port;
  }
}

/** Whether a server could listen on this port of the loopback address now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/**
 * Waits a moment for a port that is just being given up, and refuses one that stays taken.
 * Without this a server that cannot bind would look ready: somebody else's answers in its place.
 */
export async function refuseBusyPort(name: string, port: number): Promise<void> {
  try {
    await until(() => portIsFree(port), { within: 2_000, every: 50, what: name });
  } catch (cause) {
    throw new Error(`${name}: port ${port} is in use by another program`, { cause });
  }
}
