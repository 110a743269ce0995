import type { Outbox, Tx } from '@ringshop/messaging';
import { Gatherer } from '@ringshop/service-defaults';
import { lockOwnedSlots } from '../placement/owned-slots.ts';
import type { Admission } from './admission.ts';
import { type Failed, inHalves } from './in-halves.ts';
import type { Order } from './order.ts';
import type { OutboxBound } from './outbox-bound.ts';
import { claimKeys, insertOrders, type KnownKey, readKeys } from './place-statements.ts';
import type { Placing } from './placing.ts';

export type Placed =
  | { outcome: 'placed' | 'repeated'; order: Order }
  | { outcome: 'misdirected' | 'key-reused' | 'key-in-use' };

/** Begins the sagas of new orders inside the transaction that writes them. */
export type BeginSagas = (tx: Tx, placings: Placing[]) => Promise<void>;

/**
 * Places orders. All requests that are waiting become one transaction: keys, orders, sagas and their first commands
 * exist together or not at all. Guarantees:
 * - an order is written only while this shard owns its slot (`lockOwnedSlots`);
 * - one customer, key and body give one order, however many ask at once, here or at another replica;
 * - a request that is refused does not touch the others of its batch.
 */
export class PlaceOrders {
  readonly #outbox: Outbox;
  readonly #bound: OutboxBound;
  readonly #admission: Admission;
  readonly #begin: BeginSagas;
  readonly #waiting: Gatherer<Placing, Placed | Failed>;

  constructor(outbox: Outbox, bound: OutboxBound, admission: Admission, begin: BeginSagas) {
    this.#outbox = outbox;
    this.#bound = bound;
    this.#admission = admission;
    this.#begin = begin;
    this.#waiting = new Gatherer((batch) => inHalves(batch, (part) => this.#placeTogether(part)), {
      maxBatch: 256,
      maxWaiting: 2048,
    });
  }

  /** @throws Problem overloaded, and what the database throws; after a transient error the order may exist, and a retry with its key finds it. */
  async place(placing: Placing): Promise<Placed> {
    this.#bound.require();
    this.#admission.enter(placing.orderId);
    let outcome: string | undefined;
    try {
      const answer = await this.#waiting.submit(placing);
      outcome = answer.outcome;
      if (answer.outcome === 'failed') throw answer.error;
      return answer;
    } finally {
      if (outcome !== 'placed') this.#admission.leave(placing.orderId);
    }
  }

  #placeTogether(batch: Placing[]): Promise<Placed[]> {
    return this.#outbox.transaction(async (tx) => {
      const owned = await lockOwnedSlots(
        tx,
        batch.map((placing) => placing.slot),
      );
      const known = await this.#write(tx, [...firstOfEachKey(batch, owned).values()]);
      return batch.map((placing) => (owned.has(placing.slot) ? answer(placing, known) : { outcome: 'misdirected' }));
    });
  }

  /** @returns the key and order of every placing, new or old; a key that another transaction holds is missing. */
  async #write(tx: Tx, placings: Placing[]): Promise<Map<string, KnownKey>> {
    if (placings.length === 0) return new Map();
    const claimed = await claimKeys(tx, placings);
    const fresh = placings.filter((placing) => claimed.has(placing.orderId));
    const placedAt = new Date();
    if (fresh.length > 0) {
      // Not one after the other: on a pipelined connection they share a round trip.
      await Promise.all([insertOrders(tx, fresh, placedAt), this.#begin(tx, fresh)]);
    }
    const rest = placings.filter((placing) => !claimed.has(placing.orderId));
    const earlier = rest.length > 0 ? await readKeys(tx, rest) : [];
    const known = [...earlier, ...fresh.map((placing) => ({ ...placing, order: newOrder(placing, placedAt) }))];
    return new Map(known.map((entry) => [keyOf(entry), entry]));
  }
}

const keyOf = ({ customerId, key }: { customerId: string; key: string }) => `${customerId} ${key}`;

/** A key that comes twice in one batch is inserted once; its first request stands for all of them. */
function firstOfEachKey(batch: Placing[], owned: Set<number>): Map<string, Placing> {
  const firsts = new Map<string, Placing>();
  for (const placing of batch) {
    if (owned.has(placing.slot) && !firsts.has(keyOf(placing))) firsts.set(keyOf(placing), placing);
  }
  return firsts;
}

function answer(placing: Placing, known: Map<string, KnownKey>): Placed {
  const entry = known.get(keyOf(placing));
  if (!entry) return { outcome: 'key-in-use' };
  if (!entry.hash.equals(placing.hash)) return { outcome: 'key-reused' };
  return { outcome: entry.order.orderId === placing.orderId ? 'placed' : 'repeated', order: entry.order };
}

function newOrder({ orderId, customerId, lines }: Placing, placedAt: Date): Order {
  const at = placedAt.toISOString();
  return { orderId, customerId, status: 'pending', lines, placedAt: at, updatedAt: at, version: 1 };
}
