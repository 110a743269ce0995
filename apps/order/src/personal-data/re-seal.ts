import { setTimeout as pause } from 'node:timers/promises';
import type { Outbox, Tx } from '@ringshop/messaging';
import { slotOf } from '@ringshop/placement';
import { counter, type KeyRing, type Logger, open, openBytes, seal } from '@ringshop/service-defaults';
import { lockOwnedSlots } from '../placement/owned-slots.ts';
import { ownMark, type ShipTo, shipToPlace } from './customer-key.ts';
import { type CustomerKeys, dataKeyPlace } from './customer-keys.ts';

const sealedAnew = counter('ringshop_sealed_anew_total', 'What was taken from under an old key', ['what']);

export interface ReSealOptions {
  outbox: Outbox;
  ring: KeyRing;
  keys: CustomerKeys;
  logger: Logger;
  /** The most that one transaction seals. */
  batch?: number;
}

interface Stale {
  id: string;
  customerId: string;
  sealed: string;
}

/**
 * Takes everything from under the old keys of the ring, in the background: customers' data keys go under the first one, and
 * addresses from before there were such keys go under their customer's.
 *
 * A row is changed only if it still holds what was opened, so nothing that was erased meanwhile comes back. One replica of a
 * shard does it at a time, in small transactions, resting for as long as it works; killed at any point, the next goes on.
 */
export class ReSeal {
  readonly #options: Required<ReSealOptions>;
  /** What does not open, or is not this shard's to change. It is told once, and must not keep the rest from going on. */
  readonly #passedOver = new Set<string>();
  #stopping = false;

  constructor(options: ReSealOptions) {
    this.#options = { batch: 500, ...options };
  }

  /** A run ends after the batch under way. */
  stop(): void {
    this.#stopping = true;
  }

  /** Until nothing is left. @returns how many were sealed anew */
  async run(): Promise<number> {
    let done = 0;
    for (const work of [this.#dataKeys, this.#addresses]) {
      for (let more = true; more && !this.#stopping; ) {
        const begin = performance.now();
        const { found, changed } = await this.#alone(work);
        done += changed;
        more = found > 0;
        if (more) await pause(performance.now() - begin);
      }
    }
    return done;
  }

  async #alone(work: (tx: Tx) => Promise<{ found: number; changed: number }>) {
    return this.#options.outbox.transaction(async (tx) => {
      const { rows } = await tx.query<{ mine: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtext('ringshop'), hashtext('seal anew')) AS mine`,
      );
      return rows[0]!.mine ? work(tx) : { found: 0, changed: 0 };
    });
  }

  readonly #dataKeys = async (tx: Tx) => {
    const { ring, batch } = this.#options;
    const old = ring.kids.slice(1);
    if (old.length === 0) return { found: 0, changed: 0 };
    const { rows } = await tx.query<Stale>(
      `SELECT customer_id AS id, customer_id AS "customerId", sealed_key AS sealed FROM customer_keys
        WHERE split_part(sealed_key, '.', 1) = ANY($1) AND customer_id <> ALL($2::uuid[]) LIMIT $3`,
      [old, [...this.#passedOver], batch],
    );
    const fresh = this.#each(rows, ({ id, sealed }) => {
      const place = dataKeyPlace(id);
      return seal(ring, openBytes(ring, sealed, place), place);
    });
    const { rowCount } = await tx.query(
      `UPDATE customer_keys k SET sealed_key = n.fresh
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, old, fresh)
        WHERE k.customer_id = n.id AND k.sealed_key = n.old`,
      columns(fresh),
    );
    sealedAnew.inc({ what: 'data keys' }, rowCount ?? 0);
    return { found: rows.length, changed: rowCount ?? 0 };
  };

  readonly #addresses = async (tx: Tx) => {
    const { rows } = await tx.query<Stale>(
      `SELECT order_id AS id, customer_id AS "customerId", ship_to AS sealed FROM orders
        WHERE ship_to NOT LIKE '@.%' AND order_id <> ALL($1::uuid[]) ORDER BY order_id LIMIT $2`,
      [[...this.#passedOver], this.#options.batch],
    );
    if (rows.length === 0) return { found: 0, changed: 0 };
    const owners = rows.map(({ customerId }) => ({ customerId, slot: slotOf(customerId) }));
    const owned = lockOwnedSlots(
      tx,
      owners.map(({ slot }) => slot),
    );
    const keys = await this.#options.keys.of(tx, owners, owned);
    const fresh = this.#each(rows, ({ id, customerId, sealed }) => {
      const key = keys.get(customerId);
      if (key === undefined) throw new Error('its slot is not of this shard');
      if (key === 'erased') return ownMark;
      return key.sealShipTo(JSON.parse(open(this.#options.ring, sealed, shipToPlace(id))) as ShipTo, id);
    });
    const { rowCount } = await tx.query(
      `UPDATE orders o SET ship_to = n.fresh
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, old, fresh)
        WHERE o.order_id = n.id AND o.ship_to = n.old`,
      columns(fresh),
    );
    sealedAnew.inc({ what: 'addresses' }, rowCount ?? 0);
    return { found: rows.length, changed: rowCount ?? 0 };
  };

  #each(rows: Stale[], anew: (row: Stale) => string): (Stale & { fresh: string })[] {
    return rows.flatMap((row) => {
      try {
        return [{ ...row, fresh: anew(row) }];
      } catch (error) {
        this.#passedOver.add(row.id);
        this.#options.logger.error({ err: error, id: row.id }, 'what is sealed there cannot be sealed anew');
        return [];
      }
    });
  }
}

const columns = (rows: (Stale & { fresh: string })[]) => [
  rows.map(({ id }) => id),
  rows.map(({ sealed }) => sealed),
  rows.map(({ fresh }) => fresh),
];
