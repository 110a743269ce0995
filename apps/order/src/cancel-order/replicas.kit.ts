import { randomUUID } from 'node:crypto';
import type { OrderStatus } from '@ringshop/contracts';
import type { Incoming, Outbox, Outgoing } from '@ringshop/messaging';
import { newOrderId, slotOf } from '@ringshop/placement';
import { createLogger, KeyRing, LoadShedder } from '@ringshop/service-defaults';
import type { Pool, QueryConfig } from 'pg';
import { Admission } from '../admission/admission.ts';
import { OutboxBound } from '../admission/outbox-bound.ts';
import { CancelOrders } from '../orders/cancel-orders.ts';
import { PlaceOrders, type PlaceOrdersParts } from '../orders/place-orders.ts';
import type { Placing } from '../orders/placing.ts';
import { CustomerKeys } from '../personal-data/customer-keys.ts';
import { type Crash, confirmMarginMs } from '../place-order/order-world.kit.ts';
import { OrderSagas } from '../sagas/order-sagas.ts';

export class Crashed extends Error {}

/** Commits for real, hands over what was published, and dies where it is told to. */
class CrashingOutbox implements Pick<Outbox, 'transaction'> {
  crash: Crash = 'never';
  readonly crashes: Crash[] = [];

  constructor(
    private readonly pool: Pool,
    private readonly deliver: (messages: Outgoing[]) => void,
  ) {}

  transaction: Outbox['transaction'] = async (work) => {
    const client = await this.pool.connect();
    const published: Outgoing[] = [];
    const last: QueryConfig[] = [];
    const { crash } = this;
    this.crash = 'never';
    try {
      await client.query('BEGIN');
      const result = await work({
        query: (query: never, values?: unknown[]) => client.query(query, values) as never,
        last: (query) => void last.push(query),
        publish: (messages) => void published.push(...messages),
      });
      for (const query of last) await client.query(query);
      if (crash !== 'never') this.crashes.push(crash);
      if (crash === 'before the commit') throw new Crashed(crash);
      await client.query('COMMIT');
      this.deliver(published);
      if (crash === 'never') return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
    // Whoever comes after it finds its messages in the outbox, and cannot know that they were sent.
    this.deliver(published);
    throw new Crashed(crash);
  };
}

const many = 1_000_000;
const everybody = new Admission({
  initial: many,
  min: many,
  max: many,
  queueMs: many,
  forgetAfterMs: many,
  unheard: () => false,
});

/** What one replica of a shard does with its database, without its servers. Every deadline is due at once. */
export class TestReplica {
  readonly #outbox: CrashingOutbox;
  readonly #sagas: OrderSagas;
  readonly #cancelling: CancelOrders;
  readonly #placing: PlaceOrders;

  constructor(pool: Pool, deliver: (messages: Outgoing[]) => void) {
    this.#outbox = new CrashingOutbox(pool, deliver);
    const outbox = this.#outbox as unknown as Outbox;
    const policy = { stepDeadlineMs: 0, retryMinMs: 0, retryMaxMs: 0, parkAfterMs: 600_000, retryParkedMs: 0 };
    const logger = createLogger('order-1', 'silent');
    this.#sagas = new OrderSagas({ outbox, shard: 'order-1', policy, times: { confirmMarginMs }, logger });
    const bound = new OutboxBound(() => 0, 1);
    const keys = new CustomerKeys(KeyRing.parse(`test:${Buffer.alloc(32, 7).toString('base64')}`));
    const load = new LoadShedder('order-1', { initial: 100, min: 100, max: 100 });
    this.#cancelling = new CancelOrders(outbox, bound, load, (tx, ids, read) => this.#sagas.cancel(tx, ids, read));
    const begin: PlaceOrdersParts['begin'] = (tx, placings) => this.#sagas.begin(tx, placings);
    this.#placing = new PlaceOrders({ outbox, bound, load, admission: everybody, keys, gatherMs: 0, begin });
  }

  /** How it has died so far. */
  get crashes(): readonly Crash[] {
    return this.#outbox.crashes;
  }

  async place(placing: Placing): Promise<void> {
    await this.#placing.place(placing);
  }

  handleReplies(batch: Incoming[], crash: Crash): Promise<boolean> {
    return this.#dying(crash, () => this.#sagas.handleReplies(batch));
  }

  sweep(crash: Crash): Promise<boolean> {
    return this.#dying(crash, () => this.#sagas.sweepDeadlines());
  }

  /** As a customer who asks until there is an answer. @returns the order's status then, or null where it is refused */
  async cancel({ orderId, customerId }: Placing, crash: Crash): Promise<OrderStatus | null> {
    const ask = async () => {
      const answer = await this.#cancelling.cancel({ orderId, customerId, key });
      if (answer.outcome === 'accepted') return answer.order.status;
      if (answer.outcome === 'not-cancellable') return null;
      throw new Error(answer.outcome);
    };
    const key = randomUUID();
    this.#outbox.crash = crash;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
      return ask();
    }
  }

  /** @returns whether it lived to acknowledge what it was doing */
  async #dying(crash: Crash, work: () => Promise<unknown>): Promise<boolean> {
    this.#outbox.crash = crash;
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Crashed) return false;
      throw error;
    } finally {
      this.#outbox.crash = 'never';
    }
  }
}

export function aPlacing(): Placing {
  const customerId = randomUUID();
  const slot = slotOf(customerId);
  const lines = [{ sku: 'SKU-0001', quantity: 1 }];
  const body = { lines, sealedToken: 'sealed', shipTo: { name: 'Ada', address: '1 Row' }, says: '' };
  return { orderId: newOrderId(slot), customerId, slot, key: randomUUID(), ...body };
}
