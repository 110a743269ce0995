import { connect } from 'node:net';
import { cutIntoRequests } from './http-requests.ts';
import type { Link, Swallowed } from './link.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** How long the answer to a doubled request is waited for, before nobody listens for it any more. */
const answerWithinMs = 10_000;

/**
 * A proxy before the payment provider. It carries bytes as they are, so that what the provider does to a connection
 * reaches the client as it was done; and it knows what a request is, so it can send one twice.
 */
export class ProviderProxy implements Link {
  readonly #targetPort: number;
  #tcp!: TcpProxy;
  #duplicateAfterMs: number | undefined;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  static async before(targetPort: number): Promise<ProviderProxy> {
    const proxy = new ProviderProxy(targetPort);
    proxy.#tcp = await TcpProxy.before(targetPort, () => cutIntoRequests((request) => proxy.#double(request)));
    return proxy;
  }

  get port(): number {
    return this.#tcp.port;
  }

  get counts(): Link['counts'] {
    return this.#tcp.counts;
  }

  delay(ms: number): void {
    this.#tcp.delay(ms);
  }

  swallow(what: Swallowed): void {
    this.#tcp.swallow(what);
  }

  cut(which?: 'all' | 'deaf'): void {
    this.#tcp.cut(which);
  }

  close(): Promise<void> {
    return this.#tcp.close();
  }

  /** Every POST is sent a second time so much later, and that answer is thrown away; undefined heals. */
  duplicate(laterMs: number | undefined): void {
    this.#duplicateAfterMs = laterMs;
  }

  #double(request: Buffer): void {
    if (this.#duplicateAfterMs === undefined || request.toString('latin1', 0, 5) !== 'POST ') return;
    this.counts.duplicated++;
    const copy = Buffer.from(request);
    setTimeout(() => this.#send(copy), this.#duplicateAfterMs).unref();
  }

  /** On a connection of its own: nobody may take the second answer for that of another request. */
  #send(request: Buffer): void {
    const socket = connect({ port: this.#targetPort, host: '127.0.0.1', timeout: answerWithinMs });
    socket.unref();
    socket.once('data', () => socket.destroy());
    socket.once('timeout', () => socket.destroy());
    // The provider is away: a copy that does not arrive is one fault less.
    socket.once('error', () => socket.destroy());
    socket.write(request);
  }
}
