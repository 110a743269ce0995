import { hash, randomInt } from 'node:crypto';
import type { Outbox, Tx } from '@ringshop/messaging';
import { Gatherer, type LoadShedder } from '@ringshop/service-defaults';
import type { Admission } from '../admission/admission.ts';
import { Departures } from '../admission/departures.ts';
import type { OutboxBound } from '../admission/outbox-bound.ts';
import { lateOf } from '../admission/wanted.ts';
import type { CustomerKey } from '../personal-data/customer-key.ts';
import type { CustomerKeys } from '../personal-data/customer-keys.ts';
import { lockOwnedSlots } from '../placement/owned-slots.ts';
import { claimKeys, type KnownKey, keyOf, readKeys } from './idempotency-keys.table.ts';
import { type Failed, inHalves } from './in-halves.ts';
import type { Order } from './order.ts';
import { insertOrders } from './orders.table.ts';
import type { Placing, SealedPlacing } from './placing.ts';

export type Placed =
  | { outcome: 'placed' | 'repeated'; order: Order }
  | { outcome: 'misdirected' | 'late' | 'erased' | 'key-reused' | 'key-in-use' };

type Refused = { outcome: 'misdirected' | 'late' | 'erased' };

/** What fits into the last byte of an order's id. */
const batchNumbers = 256;

export interface PlaceOrdersParts {
  outbox: Outbox;
  bound: OutboxBound;
  load: LoadShedder;
  admission: Admission;
  keys: CustomerKeys;
  /** How far apart batches leave at least while orders are under way. */
  gatherMs: number;
  /** Begins the sagas of new orders inside the transaction that writes them. */
  begin: (tx: Tx, placings: Placing[]) => void;
  /** Orders of one transaction. */
  maxBatch?: number | undefined;
}

/**
 * Places orders. All requests that are waiting become one transaction: keys, orders, sagas and their first commands
 * exist together or not at all. Guarantees:
 * - an order is written only while this shard owns its slot (`lockOwnedSlots`);
 * - one customer, key and body give one order, however many ask at once, here or at another replica;
 * - what is personal is sealed under its customer's own key, and of a customer who was erased nothing is written;
 * - an order for which nobody waits any more, once the database has answered its first statement, is not written;
 * - a request that is refused does not touch the others of its batch.
 */
export class PlaceOrders {
  readonly #parts: PlaceOrdersParts;
  readonly #waiting: Gatherer<Placing, Placed | Failed>;
  readonly #maxBatch: number;
  /** The number of the batch that leaves next; the replicas of a shard begin anywhere. */
  #nextBatch = randomInt(batchNumbers);

  constructor(parts: PlaceOrdersParts) {
    this.#parts = parts;
    const departures = new Departures(parts.gatherMs);
    this.#maxBatch = parts.maxBatch ?? 256;
    this.#waiting = new Gatherer((batch, lingeredMs) => this.#leave(batch, lingeredMs), {
      maxBatch: this.#maxBatch,
      maxWaiting: 2048,
      lingerMs: (waiting) => departures.waitMs(parts.admission.open - waiting, parts.admission.queuedMs),
    });
  }

  /** With which batch an order would leave that comes now: the last byte of its id, 0…255, so that its batch travels together. */
  get nextBatch(): number {
    return (this.#nextBatch + Math.floor(this.#waiting.waiting / this.#maxBatch)) % batchNumbers;
  }

  /** @throws Problem overloaded or rate-limited, and what the database throws; after a transient error the order may exist, and a retry with its key finds it. */
  async place(placing: Placing): Promise<Placed> {
    const { bound, load, admission } = this.#parts;
    const { askedBefore = false } = placing;
    if (!askedBefore) bound.require();
    admission.enter(placing.orderId, placing.customerId, askedBefore);
    let outcome: string | undefined;
    try {
      const submit = () => this.#waiting.submit(placing);
      const answer = await (askedBefore ? submit() : load.run('write', submit));
      outcome = answer.outcome;
      if (answer.outcome === 'failed') throw answer.error;
      return answer;
    } finally {
      if (outcome !== 'placed') admission.leave(placing.orderId);
    }
  }

  #leave(batch: Placing[], lingeredMs: number): Promise<(Placed | Failed)[]> {
    this.#nextBatch = (this.#nextBatch + 1) % batchNumbers;
    this.#parts.admission.gathered(
      batch.map(({ orderId }) => orderId),
      lingeredMs,
    );
    return inHalves(batch, (part) => this.#placeTogether(part));
  }

  #placeTogether(batch: Placing[]): Promise<Placed[]> {
    const { outbox, keys: customerKeys } = this.#parts;
    return outbox.transaction(async (tx) => {
      const owned = lockOwnedSlots(
        tx,
        batch.map((placing) => placing.slot),
      );
      const keys = await customerKeys.of(tx, batch, owned);
      const late = lateOf(batch);
      const sealed = batch.map((placing) =>
        late.has(placing) ? ({ outcome: 'late' } as const) : sealedUnder(keys.get(placing.customerId), placing),
      );
      const known = await this.#write(tx, firstOfEachKey(sealed));
      return sealed.map((placing) => ('outcome' in placing ? placing : answer(placing, known)));
    });
  }

  /** @returns the key and order of every placing, new or old; a key that another transaction holds is missing. */
  async #write(tx: Tx, placings: SealedPlacing[]): Promise<Map<string, KnownKey>> {
    if (placings.length === 0) return new Map();
    const claimed = await claimKeys(tx, placings);
    const fresh = placings.filter((placing) => claimed.has(placing.orderId));
    const placedAt = new Date();
    if (fresh.length > 0) {
      insertOrders(tx, fresh, placedAt);
      this.#parts.begin(tx, fresh);
    }
    const rest = placings.filter((placing) => !claimed.has(placing.orderId));
    const earlier = rest.length > 0 ? await readKeys(tx, rest) : [];
    const known = [...earlier, ...fresh.map((placing) => ({ ...placing, order: newOrder(placing, placedAt) }))];
    return new Map(known.map((entry) => [keyOf(entry), entry]));
  }
}

/** No key is there for a customer of another shard. */
function sealedUnder(key: CustomerKey | 'erased' | undefined, placing: Placing): SealedPlacing | Refused {
  if (key === undefined) return { outcome: 'misdirected' };
  if (key === 'erased') return { outcome: 'erased' };
  const { shipTo, orderId, says } = placing;
  return { ...placing, hash: key.fingerprint(says), sealedShipTo: key.sealShipTo(shipTo, orderId) };
}

/** A key that comes twice in one batch is inserted once; its first request stands for all of them. */
function firstOfEachKey(batch: (SealedPlacing | Refused)[]): SealedPlacing[] {
  const firsts = new Map<string, SealedPlacing>();
  for (const placing of batch) {
    if (!('outcome' in placing) && !firsts.has(keyOf(placing))) firsts.set(keyOf(placing), placing);
  }
  return [...firsts.values()];
}

/** Keys of the day before fingerprints were keyed have a bare SHA-256. */
const unkeyedBytes = 32;
const fingerprintLike = ({ length }: Buffer, placing: SealedPlacing) =>
  length === unkeyedBytes ? hash('sha256', placing.says, 'buffer') : placing.hash;

function answer(placing: SealedPlacing, known: Map<string, KnownKey>): Placed {
  const entry = known.get(keyOf(placing));
  if (!entry) return { outcome: 'key-in-use' };
  if (!entry.hash.equals(fingerprintLike(entry.hash, placing))) return { outcome: 'key-reused' };
  return { outcome: entry.order.orderId === placing.orderId ? 'placed' : 'repeated', order: entry.order };
}

function newOrder({ orderId, customerId, lines }: Placing, placedAt: Date): Order {
  const at = placedAt.toISOString();
  return { orderId, customerId, status: 'pending', lines, placedAt: at, updatedAt: at, version: 1 };
}
