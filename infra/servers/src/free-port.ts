import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { until } from './until.ts';

/**
 * A port of the loopback address that nobody listens on, and that no process draws again while this one lives: a server
 * that is killed finds it free when it is started again.
 * It is drawn from below the kernel's ephemeral range, where an outgoing connection could take it before its server binds.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if ((await claim(port)) && (await portIsFree(port))) return port;
  }
}

/** Takes the UDP port of the same number, which nobody else wants: the kernel gives it to one process, and back when that ends. */
function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
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
