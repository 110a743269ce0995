import { connect } from 'node:net';

/** Sends one request to a port of the loopback address and asks whether the first bytes of its answer are right. */
export function exchange(
  port: number,
  request: Buffer | string,
  isRight: (reply: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_500 });
    socket.once('connect', () => socket.write(request));
    socket.once('data', (reply) => {
      socket.destroy();
      resolve(isRight(reply));
    });
    socket.once('timeout', () => socket.destroy(new Error(`port ${port} does not answer`)));
    socket.once('error', reject);
    socket.once('close', () => resolve(false));
  });
}
