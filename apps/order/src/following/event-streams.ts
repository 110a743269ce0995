import { Problem } from '@ringshop/service-defaults';
import type { FastifyReply } from 'fastify';
import { CustomerCounts } from '../admission/customer-counts.ts';
import type { Order } from '../orders/order.ts';
import { OrderStream } from './order-stream.ts';
import type { OrderWatch } from './order-watch.ts';

export interface Follow {
  customerId: string;
  orderId: string;
  /** The version that the client has seen; 0 when it begins. */
  lastSeen: number;
  read: () => Promise<Order>;
}

/**
 * The event streams that this replica holds: so many for each customer, so that one customer cannot take the places of all.
 * One too many is 429 and not 503: it is this customer who has too much, and the replica is well.
 */
export class EventStreams {
  readonly #watch: OrderWatch;
  readonly #mostOfCustomer: number;
  readonly #heartbeatMs: number | undefined;
  readonly #open = new CustomerCounts();

  constructor(watch: OrderWatch, options: { mostOfCustomer: number; heartbeatMs?: number }) {
    this.#watch = watch;
    this.#mostOfCustomer = options.mostOfCustomer;
    this.#heartbeatMs = options.heartbeatMs;
  }

  /** @throws Problem rate-limited, overloaded, or what `read` throws */
  async follow({ customerId, orderId, lastSeen, read }: Follow, reply: FastifyReply): Promise<void> {
    const leave = this.#enter(customerId);
    const stream = new OrderStream(reply, lastSeen, this.#heartbeatMs);
    const unwatch = this.#watch.watch(orderId, {
      changed: (order) => stream.tell(order),
      closed: () => stream.end(),
    });
    const end = () => {
      unwatch?.();
      leave();
    };
    try {
      // Whoever comes while the service stops is treated like those it holds: a client takes an end for a reason to connect
      // again, and a 503 for a reason not to.
      if (this.#watch.closed) stream.end();
      else if (!unwatch) throw new Problem('overloaded');
      stream.tell(await read());
    } catch (error) {
      end();
      throw error;
    }
    stream.open(end);
  }

  /** @returns how to leave; only the first time counts */
  #enter(customerId: string): () => void {
    if (this.#open.of(customerId) >= this.#mostOfCustomer) {
      const detail = `A customer may follow ${this.#mostOfCustomer} orders at a time`;
      throw new Problem('rate-limited', { detail, headers: { 'retry-after': '5' } });
    }
    this.#open.add(customerId);
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.#open.remove(customerId);
    };
  }
}
