import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Mode = { kind: 'pass' } | { kind: 'dropReplies' } | { kind: 'delay'; ms: number };

/** A TCP proxy before a server on the loopback address, for faults of the network. Target: a port, or a URL with one. */
export async function faultProxy(target: number | string): Promise<FaultProxy> {
  const proxy = new FaultProxy(portOf(target));
  await proxy.pass();
  return proxy;
}

const portOf = (target: number | string) => (typeof target === 'number' ? target : Number(new URL(target).port));

export class FaultProxy {
  /** How often each fault met a connection or some bytes. One that stays at zero proves nothing. */
  readonly counts = { connections: 0, refused: 0, droppedReplies: 0, delayed: 0, cut: 0 };
  #targetPort: number;
  readonly #listener: Server;
  readonly #open = new Set<Socket>();
  #mode: Mode = { kind: 'pass' };
  #port = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  get port(): number {
    return this.#port;
  }

  /** The same address through the proxy: `proxy.through('redis://127.0.0.1:6379/0')`. */
  through(url: string): string {
    return Object.assign(new URL(url), { port: String(this.#port) }).href;
  }

  /** Back to normal; connections that were cut stay cut. */
  async pass(): Promise<void> {
    this.#mode = { kind: 'pass' };
    if (this.#listener.listening) return;
    this.#listener.listen(this.#port, '127.0.0.1');
    await once(this.#listener, 'listening');
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Nobody listens any more, and open connections end. */
  async refuse(): Promise<void> {
    if (this.#listener.listening) this.#listener.close();
    this.counts.refused += Math.max(1, this.#endAll());
  }

  /** Requests arrive, answers are lost, and nobody is told: a time-out after the effect. */
  dropReplies(): void {
    this.#mode = { kind: 'dropReplies' };
  }

  /** Everything takes this much longer, in both directions. */
  delay(ms: number): void {
    this.#mode = { kind: 'delay', ms };
  }

  /** Ends the connections that are open now. */
  cut(): void {
    this.counts.cut += this.#endAll();
  }

  /** New connections lead to another server, and open ones end: what its clients see of a fail-over. */
  leadTo(target: number | string): void {
    this.#targetPort = portOf(target);
    this.cut();
  }

  async close(): Promise<void> {
    this.#endAll();
    if (this.#listener.listening) await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    this.counts.connections++;
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, server]) {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    }
    this.#carry(client, server, false);
    this.#carry(server, client, true);
  }

  #carry(from: Socket, to: Socket, isReply: boolean): void {
    from.on('data', (bytes) => {
      if (this.#mode.kind === 'dropReplies' && isReply) this.counts.droppedReplies++;
      else if (this.#mode.kind === 'delay') {
        this.counts.delayed++;
        setTimeout(() => to.writable && to.write(bytes), this.#mode.ms);
      } else to.write(bytes);
    });
    from.on('close', () => to.destroy());
    // What broke is for the two ends to say; the proxy only passes on that it did.
    from.on('error', () => to.destroy());
  }

  /** @returns how many connections there were */
  #endAll(): number {
    const ended = this.#open.size / 2;
    for (const socket of this.#open) socket.destroy();
    return ended;
  }
}
