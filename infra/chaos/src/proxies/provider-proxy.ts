import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { type Link, type Swallowed, takesReplies, takesRequests } from './link.ts';

type Reply = { status: number; type: string; body: Buffer };

/** An HTTP proxy before the payment provider: it knows what a request is, so it can send one twice. */
export class ProviderProxy implements Link {
  readonly counts = { delayed: 0, swallowed: 0, cut: 0, duplicated: 0 };
  readonly #server: Server;
  readonly #upstream: Pool;
  readonly #open = new Map<Socket, { deaf: boolean }>();
  #delayMs = 0;
  #swallowed: Swallowed = 'nothing';
  #duplicateAfterMs: number | undefined;

  private constructor(targetPort: number) {
    this.#upstream = new Pool(`http://127.0.0.1:${targetPort}`, { connections: 128, headersTimeout: 30_000 });
    this.#server = createServer(
      { keepAliveTimeout: 120_000 },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on('connection', (socket: Socket) => {
      this.#open.set(socket, { deaf: false });
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  static async before(targetPort: number): Promise<ProviderProxy> {
    const proxy = new ProviderProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  swallow(what: Swallowed): void {
    this.#swallowed = what;
  }

  /** Every POST is sent a second time so much later, and that answer is thrown away; undefined heals. */
  duplicate(laterMs: number | undefined): void {
    this.#duplicateAfterMs = laterMs;
  }

  cut(which: 'all' | 'deaf' = 'all'): void {
    for (const [socket, { deaf }] of this.#open) {
      if (which === 'deaf' && !deaf) continue;
      this.counts.cut++;
      socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#upstream.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = Buffer.concat(await request.toArray());
      if (takesRequests(this.#swallowed)) return this.#lose(request.socket);
      await this.#wait();
      const reply = await this.#forwarded(request, body);
      await this.#wait();
      if (takesReplies(this.#swallowed)) return this.#lose(request.socket);
      response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body);
    } catch {
      // The provider is away: a proxy has nothing to say about that, the caller sees its connection end.
      request.socket.destroy();
    }
  }

  #lose(socket: Socket): void {
    this.counts.swallowed++;
    const connection = this.#open.get(socket);
    if (connection) connection.deaf = true;
  }

  async #wait(): Promise<void> {
    if (this.#delayMs === 0) return;
    this.counts.delayed++;
    await sleep(this.#delayMs);
  }

  #forwarded(request: IncomingMessage, body: Buffer): Promise<Reply> {
    if (this.#duplicateAfterMs !== undefined && request.method === 'POST') {
      this.counts.duplicated++;
      const again = sleep(this.#duplicateAfterMs, undefined, { ref: false }).then(() => this.#send(request, body));
      // Nobody waits for the second answer, so nobody is told that there was none.
      again.catch(() => undefined);
    }
    return this.#send(request, body);
  }

  async #send({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
    const { host: _, connection: __, ...passed } = headers;
    const answer = await this.#upstream.request({
      method: method as Dispatcher.HttpMethod,
      path: url ?? '/',
      headers: passed,
      body: body.length > 0 ? body : null,
    });
    return {
      status: answer.statusCode,
      type: String(answer.headers['content-type'] ?? 'application/json'),
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }
}
