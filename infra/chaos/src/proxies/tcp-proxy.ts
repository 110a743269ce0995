import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Link, type Swallowed, takesReplies, takesRequests } from './link.ts';

/** A client's connection and ours to the server behind. */
interface Pair {
  client: Socket;
  server: Socket;
  /** Has lost bytes: neither end can make sense of what would follow, so nothing ever does. */
  deaf: boolean;
}

/** Sees what clients send, once for each connection, as far as it is not swallowed. */
type Tap = () => (bytes: Buffer) => void;

/** A TCP proxy before a server on the loopback address. */
export class TcpProxy implements Link {
  readonly counts = { delayed: 0, swallowed: 0, cut: 0, duplicated: 0 };
  readonly #targetPort: number;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #delayMs = 0;
  #swallowed: Swallowed = 'nothing';

  private constructor(
    targetPort: number,
    private readonly tap: Tap | undefined,
  ) {
    this.#targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  static async before(targetPort: number, tap?: Tap): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort, tap);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  swallow(what: Swallowed): void {
    this.#swallowed = what;
  }

  cut(which: 'all' | 'deaf' = 'all'): void {
    for (const { client, server, deaf } of this.#pairs) {
      if (which === 'deaf' && !deaf) continue;
      this.counts.cut++;
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const pair = { client, server, deaf: false };
    this.#pairs.add(pair);
    this.#carry(pair, client, server, takesRequests, this.tap?.());
    this.#carry(pair, server, client, takesReplies);
  }

  #carry(
    pair: Pair,
    from: Socket,
    to: Socket,
    isTaken: (what: Swallowed) => boolean,
    watch?: (bytes: Buffer) => void,
  ): void {
    // Bytes keep their order, also when the delay is over while some are still on their way.
    let onTheWay = 0;
    let last = Promise.resolve();
    from.on('data', (bytes) => {
      if (pair.deaf || isTaken(this.#swallowed)) {
        pair.deaf = true;
        this.counts.swallowed++;
        return;
      }
      watch?.(bytes);
      if (this.#delayMs === 0 && onTheWay === 0) this.#pass(bytes, from, to);
      else {
        onTheWay++;
        this.counts.delayed++;
        const waited = sleep(this.#delayMs);
        last = last.then(async () => {
          await waited;
          onTheWay--;
          this.#pass(bytes, from, to);
        });
      }
    });
    // An end in order is passed on behind the last bytes, a reset as a reset.
    from.on('end', () => void last.then(() => to.end()));
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => {
      if (to.closed) this.#pairs.delete(pair);
      else void last.then(() => to.end());
    });
  }

  #pass(bytes: Buffer, from: Socket, to: Socket): void {
    if (!to.writable || to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  }
}
