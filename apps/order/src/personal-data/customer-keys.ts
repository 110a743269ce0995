import { randomBytes } from 'node:crypto';
import type { Tx } from '@ringshop/messaging';
import { type KeyRing, openBytes, RetriableError, seal } from '@ringshop/service-defaults';
import { LRUCache } from 'lru-cache';
import { CustomerKey } from './customer-key.ts';

export interface KeyOwner {
  customerId: string;
  slot: number;
}

/** A row of `customer_keys`; without a key its customer was erased. */
interface KeyRow {
  customer_id: string;
  sealed_key: string | null;
}

/** For somebody who may have none. */
interface Made {
  slot: number;
  dataKey: Buffer;
  sealed: string;
}

interface Opened {
  sealed: string;
  key: CustomerKey;
}

const dataKeyBytes = 32;

/**
 * The customers' data keys, each sealed under the ring in the customer's own row.
 *
 * The row is read in the transaction that uses the key, together with the slots: it costs a statement a batch, and no cache
 * has to be told of an erasure or of a rotation. What is remembered is how a sealed key opens, and that stays true.
 */
export class CustomerKeys {
  readonly #ring: KeyRing;
  /** After a minute the key of somebody who was erased is in no memory any more. */
  readonly #opened = new LRUCache<string, Opened>({
    max: 10_000,
    ttl: 60_000,
    ttlAutopurge: true,
  });

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /**
   * The key of each customer whose slot is owned, made for those who have none.
   *
   * @param owned as {@link lockOwnedSlots} answers it; asked before, and not awaited, the two share a round trip
   */
  async of(
    tx: Pick<Tx, 'query'>,
    owners: KeyOwner[],
    owned: Promise<ReadonlySet<number>>,
  ): Promise<Map<string, CustomerKey | 'erased'>> {
    const wanted = new Map(owners.map((owner) => [owner.customerId, owner]));
    const keys = new Map<string, CustomerKey | 'erased'>();
    // Of somebody who is remembered there is a row, as a rule; for all the others it takes one statement to read or make it.
    const unknown = [...wanted.values()].filter(({ customerId }) => !this.#opened.has(customerId));
    let made = this.#make(unknown);
    const [first, slots] = await Promise.all([ask(tx, wanted, made), owned]);
    for (const [id, { slot }] of wanted) if (!slots.has(slot)) wanted.delete(id);
    let rows = first;
    for (let attempt = 1; ; attempt++) {
      for (const row of rows) if (wanted.delete(row.customer_id)) keys.set(row.customer_id, this.open(row, made));
      if (wanted.size === 0) return keys;
      // Rarely: another transaction made the key, and committed after this statement had begun; or what was remembered
      // was made by a transaction that rolled back.
      if (attempt === 3) throw new RetriableError('the key of a customer could neither be made nor read');
      made = this.#make([...wanted.values()]);
      rows = await ask(tx, wanted, made);
    }
  }

  /** @throws SealBroken when the ring has lost its key, or the row was tampered with */
  open({ customer_id, sealed_key: sealed }: KeyRow, made?: Map<string, Made>): CustomerKey | 'erased' {
    if (sealed === null) return 'erased';
    const known = this.#opened.get(customer_id);
    if (known?.sealed === sealed) return known.key;
    const own = made?.get(customer_id);
    const dataKey = own?.sealed === sealed ? own.dataKey : openBytes(this.#ring, sealed, dataKeyPlace(customer_id));
    const key = new CustomerKey(dataKey);
    this.#opened.set(customer_id, { sealed, key });
    return key;
  }

  #make(owners: KeyOwner[]): Map<string, Made> {
    const random = randomBytes(owners.length * dataKeyBytes);
    return new Map(
      owners.map(({ customerId, slot }, n) => {
        const dataKey = random.subarray(n * dataKeyBytes, (n + 1) * dataKeyBytes);
        return [customerId, { slot, dataKey, sealed: seal(this.#ring, dataKey, dataKeyPlace(customerId)) }];
      }),
    );
  }
}

async function ask(tx: Pick<Tx, 'query'>, wanted: Map<string, unknown>, made: Map<string, Made>): Promise<KeyRow[]> {
  const ids = [...wanted.keys()];
  return (await tx.query<KeyRow>(made.size === 0 ? read(ids) : readOrMake(ids, made))).rows;
}

const read = (ids: string[]) => ({
  name: 'read-customer-keys',
  text: 'SELECT customer_id, sealed_key FROM customer_keys WHERE customer_id = ANY($1::uuid[])',
  values: [ids],
});

/** Two batches that make the same keys wait for each other in one order, and a shard makes none for a slot of another one. */
const readOrMake = (ids: string[], made: Map<string, Made>) => ({
  name: 'make-customer-keys',
  text: `WITH made AS (
           INSERT INTO customer_keys (customer_id, sealed_key)
           SELECT n.customer_id, n.sealed_key
             FROM unnest($2::uuid[], $3::int[], $4::text[]) AS n (customer_id, slot, sealed_key)
            WHERE EXISTS (SELECT FROM owned_slots s WHERE s.slot = n.slot)
            ORDER BY n.customer_id
           ON CONFLICT DO NOTHING RETURNING customer_id, sealed_key)
         SELECT customer_id, sealed_key FROM customer_keys WHERE customer_id = ANY($1::uuid[])
         UNION ALL SELECT customer_id, sealed_key FROM made`,
  values: [
    ids,
    [...made.keys()],
    [...made.values()].map(({ slot }) => slot),
    [...made.values()].map(({ sealed }) => sealed),
  ],
});

/** Binds a data key to its row and column. */
export const dataKeyPlace = (customerId: string) => `customer_keys.sealed_key ${customerId}`;
