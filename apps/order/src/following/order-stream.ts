import type { FastifyReply } from 'fastify';
import { isTerminal, type Order } from '../orders/order.ts';

/** Proxies close what is silent for a minute; a comment line keeps it open and nobody sees it. */
const usualHeartbeatMs = 15_000;
/** Longer than any saga; whoever still follows then connects again, with `Last-Event-ID`. */
const longestStreamMs = 10 * 60_000;

/**
 * Server-sent events: the order now, and after each change of its status, until it is terminal. The event's id is the
 * order's version. It tells states, not a history: of two changes in quick succession the first may be left out.
 */
export class OrderStream {
  readonly #reply: FastifyReply;
  readonly #heartbeatMs: number;
  #seen: number;
  #latest: Order | undefined;
  #open = false;
  #ended = false;

  constructor(reply: FastifyReply, lastSeen: number, heartbeatMs = usualHeartbeatMs) {
    this.#reply = reply;
    this.#heartbeatMs = heartbeatMs;
    this.#seen = lastSeen;
  }

  /** Also before it is open: what the watch tells while the order is being read may be the newer of the two. */
  tell(order: Order): void {
    if (!this.#latest || order.version > this.#latest.version) this.#latest = order;
    if (this.#open) this.#flush();
  }

  open(onClose: () => void): void {
    const { raw } = this.#reply;
    if (this.#latest && isTerminal(this.#latest) && this.#latest.version <= this.#seen) {
      onClose();
      // Nothing will follow: 204 is what keeps a browser's EventSource from connecting again and again.
      void this.#reply.code(204).send();
      return;
    }
    this.#reply.hijack();
    if (raw.destroyed) {
      // The client hung up while the order was being read: that was the last event of this response.
      onClose();
      return;
    }
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    raw.flushHeaders();
    const heartbeat = setInterval(() => raw.write(': still here\n\n'), this.#heartbeatMs);
    const longest = setTimeout(() => this.end(), longestStreamMs);
    raw.on('error', () => raw.destroy());
    raw.on('close', () => {
      clearInterval(heartbeat);
      clearTimeout(longest);
      onClose();
    });
    this.#open = true;
    this.#flush();
    if (this.#ended) this.end();
  }

  /** Before it is open: once the order as it is has been told. */
  end(): void {
    this.#ended = true;
    if (this.#open) this.#reply.raw.end();
  }

  #flush(): void {
    const order = this.#latest;
    if (!order) return;
    if (order.version > this.#seen) {
      this.#seen = order.version;
      this.#reply.raw.write(`id: ${order.version}\ndata: ${JSON.stringify(order)}\n\n`);
    }
    // Also for one who says to have seen more than there is.
    if (isTerminal(order)) this.end();
  }
}
