import { hash } from 'node:crypto';
import type { Outbox, Tx } from '@ringshop/messaging';
import { slotOfOrder } from '@ringshop/placement';
import { Gatherer, type LoadShedder } from '@ringshop/service-defaults';
import type { OutboxBound } from '../admission/outbox-bound.ts';
import { type IsWanted, lateOf } from '../admission/wanted.ts';
import { lockOwnedSlots } from '../placement/owned-slots.ts';
import { claimKeys, keyOf, readKeys, type StoredRefusal } from './idempotency-keys.table.ts';
import { type Failed, inHalves } from './in-halves.ts';
import type { Order } from './order.ts';
import { readOrders } from './orders.table.ts';

export interface Cancellation {
  customerId: string;
  key: string;
  orderId: string;
  /** Absent when somebody certainly waits. */
  isWanted?: IsWanted | undefined;
}

export type Cancelled =
  | { outcome: 'accepted'; order: Order }
  | { outcome: 'misdirected' | 'late' | 'absent' | 'not-cancellable' | 'key-reused' | 'key-in-use' };

/** Cancels those that `read` answers with; `read` is called once they and their sagas are locked. */
export type CancelSagas = (tx: Tx, orderIds: string[], read: () => Promise<Order[]>) => Promise<void>;

/**
 * Cancels orders, all that wait in one transaction. Whoever is told `accepted` has an order that ends `cancelled`, whatever
 * it was in the middle of: the saga that confirms it and this transaction write the same rows, so one of them comes first.
 * Asking again, under the same key or another, changes nothing and is answered alike.
 */
export class CancelOrders {
  readonly #outbox: Outbox;
  readonly #bound: OutboxBound;
  readonly #load: LoadShedder;
  readonly #cancel: CancelSagas;
  readonly #waiting: Gatherer<Cancellation, Cancelled | Failed>;

  constructor(outbox: Outbox, bound: OutboxBound, load: LoadShedder, cancel: CancelSagas) {
    this.#outbox = outbox;
    this.#bound = bound;
    this.#load = load;
    this.#cancel = cancel;
    this.#waiting = new Gatherer((batch) => inHalves(batch, (part) => this.#cancelTogether(part)), {
      maxBatch: 256,
      maxWaiting: 2048,
    });
  }

  /** @throws Problem overloaded, and what the database throws; a retry is safe */
  async cancel(cancellation: Cancellation): Promise<Cancelled> {
    this.#bound.require();
    const answer = await this.#load.run('write', () => this.#waiting.submit(cancellation));
    if (answer.outcome === 'failed') throw answer.error;
    return answer;
  }

  #cancelTogether(batch: Cancellation[]): Promise<Cancelled[]> {
    return this.#outbox.transaction(async (tx) => {
      const slots = batch.map(({ orderId }) => slotOfOrder(orderId));
      const owned = await lockOwnedSlots(tx, slots);
      const late = lateOf(batch);
      const ours = batch.filter((one, index) => owned.has(slots[index]!) && !late.has(one));
      const refused = new Map<Cancellation, Cancelled>();
      let orders: Order[] = [];
      await this.#cancel(tx, [...new Set(ours.map(({ orderId }) => orderId))], async () => {
        orders = await ordersOf(tx, ours);
        for (const [one, why] of await refusals(tx, ours, orders)) refused.set(one, { outcome: why });
        const wanted = new Set(ours.filter((one) => !refused.has(one)).map(({ orderId }) => orderId));
        return orders.filter(({ orderId }) => wanted.has(orderId));
      });
      const after = new Map((await ordersOf(tx, ours)).map((order) => [order.orderId, order]));
      return batch.map((one, index) => {
        if (late.has(one)) return { outcome: 'late' };
        if (!owned.has(slots[index]!)) return { outcome: 'misdirected' };
        return refused.get(one) ?? { outcome: 'accepted', order: after.get(one.orderId)! };
      });
    });
  }
}

const ordersOf = (tx: Tx, batch: Cancellation[]) =>
  readOrders(
    tx,
    batch.map(({ orderId }) => orderId),
  );

type Refusal = Exclude<Cancelled['outcome'], 'accepted' | 'misdirected' | 'late'>;

/**
 * Which of them cannot be, and why. An order that is not the customer's leaves its key unused: nothing was decided about
 * it. Every other answer, a refusal too, is what the key stands for from then on.
 */
async function refusals(tx: Tx, batch: Cancellation[], orders: Order[]): Promise<Map<Cancellation, Refusal>> {
  const known = new Map(orders.map((order) => [order.orderId, order]));
  const refused = new Map<Cancellation, Refusal>();
  const decided: Decided[] = [];
  for (const one of batch) {
    const order = known.get(one.orderId);
    // Somebody else's order is no order: its existence is not told.
    if (!order || order.customerId !== one.customerId) refused.set(one, 'absent');
    else decided.push({ one, ...(order.status === 'rejected' && { refusal: 'not-cancellable' }) });
  }
  for (const [one, why] of await keyRefusals(tx, decided)) refused.set(one, why);
  return refused;
}

interface Decided {
  one: Cancellation;
  refusal?: StoredRefusal;
}

/** What the keys say: of a key that was used before, its first answer and not today's. */
async function keyRefusals(tx: Tx, batch: Decided[]): Promise<Map<Cancellation, Refusal>> {
  const refused = new Map<Cancellation, Refusal>();
  if (batch.length === 0) return refused;
  const claims = [
    ...new Map(batch.map(({ one, refusal }) => [keyOf(one), { ...one, hash: hashOf(one), refusal }])).values(),
  ];
  await claimKeys(tx, claims);
  const known = new Map((await readKeys(tx, claims)).map((entry) => [keyOf(entry), entry]));
  for (const { one } of batch) {
    const entry = known.get(keyOf(one));
    if (!entry) refused.set(one, 'key-in-use');
    else if (!entry.hash.equals(hashOf(one))) refused.set(one, 'key-reused');
    else if (entry.refusal !== undefined) refused.set(one, entry.refusal);
  }
  return refused;
}

const hashOf = ({ orderId }: Cancellation) => hash('sha256', `cancel ${orderId}`, 'buffer');
