import type { DataOf, reserveStock } from '@ringshop/contracts';
import { type Incoming, type Outgoing, reply } from '@ringshop/messaging';
import { RetriableError } from '@ringshop/service-defaults';
import type { Pool } from 'pg';
import { commit, type Decision, type Reservation, release, reserve } from './reservation.ts';
import { insertReservations, lockReservations, updateStates } from './reservation-rows.ts';
import type { Shelves } from './shelves.ts';
import type { StockChange } from './stock-change.ts';
import type { StockGuard } from './stock-guard.ts';

const source = '/inventory';

/**
 * Handles a mixed batch of reserve-, release- and commit-stock in one transaction: all its SKUs are locked together,
 * decided in memory in the order of the messages, and written once.
 *
 * Guaranteed: a command has its effect once however often it arrives, and is always answered alike. The order's
 * reservation is the proof, which is why no inbox row is written: it commits together with effect and answer.
 */
export class StockCommands {
  readonly #pool: Pool;
  readonly #guard: StockGuard;
  readonly #holdMs: number;

  constructor(options: { pool: Pool; guard: StockGuard; holdMs: number }) {
    this.#pool = options.pool;
    this.#guard = options.guard;
    this.#holdMs = options.holdMs;
  }

  async handle(batch: readonly Incoming[]): Promise<void> {
    const skus = await this.#skusOf(batch);
    const orderIds = [...new Set(batch.map(orderIdOf))];
    const moved = new Set(batch.filter(({ name }) => name !== 'reserve-stock').map(orderIdOf));
    await this.#guard.change(skus, async (change) => {
      // Both at once and in this order: everybody locks reservations before stock.
      const [found, shelves] = await Promise.all([lockReservations(change.tx, orderIds), change.lock(skus)]);
      requireLocked(
        found.filter(({ orderId }) => moved.has(orderId)),
        new Set(skus),
      );
      const known = new Map(found.map((reservation) => [reservation.orderId, reservation]));
      const replies = this.#decide(batch, known, shelves);
      await save(change, shelves, found, known);
      change.tx.publish(replies);
    });
  }

  /** Decides in message order; `known` holds each order's latest state. */
  #decide(batch: readonly Incoming[], known: Map<string, Reservation>, shelves: Shelves): Outgoing[] {
    const now = new Date();
    return batch.map((message) => {
      const { reservation, reply: answer } = this.#decideOne(message, known, shelves, now);
      known.set(reservation.orderId, reservation);
      return reply(message, answer.name, answer.data, source);
    });
  }

  #decideOne(message: Incoming, known: Map<string, Reservation>, shelves: Shelves, now: Date): Decision {
    const { name, event } = message;
    const orderId = orderIdOf(message);
    const reservation = known.get(orderId);
    if (name === 'release-stock') return release(reservation, orderId, shelves);
    if (name === 'commit-stock') return commit(reservation, orderId, shelves);
    const expiresAt = event.expiresat ? new Date(event.expiresat) : undefined;
    const request = { ...(event.data as DataOf<typeof reserveStock>), orderId, expiresAt };
    return reserve(reservation, request, shelves, { now, holdMs: this.#holdMs });
  }

  /** Every SKU the batch may move: a reserve names its own, a release or commit means those of its reservation. */
  async #skusOf(batch: readonly Incoming[]): Promise<string[]> {
    const skus = new Set<string>();
    const others: string[] = [];
    for (const message of batch) {
      if (message.name !== 'reserve-stock') others.push(orderIdOf(message));
      else for (const { sku } of (message.event.data as DataOf<typeof reserveStock>).lines) skus.add(sku);
    }
    if (others.length > 0) {
      const { rows } = await this.#pool.query<{ sku: string }>({ ...reservedSkus, values: [others] });
      for (const { sku } of rows) skus.add(sku);
    }
    return [...skus];
  }
}

/** As the database writes it: by another spelling that it reads too, a known reservation would not be recognised. */
function orderIdOf({ event }: Incoming): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(event.subject))
    throw new Error('the subject is no order id');
  return event.subject.toLowerCase();
}

/**
 * A reservation can appear between the look-up of its SKUs and the lock on it; then its stock is not locked. Not asked of
 * one that is only reserved again: nothing moves then, and its lines need not be those of the command.
 */
function requireLocked(reservations: readonly Reservation[], skus: ReadonlySet<string>): void {
  if (reservations.some(({ lines }) => lines.some(({ sku }) => !skus.has(sku)))) {
    throw new RetriableError('a reservation appeared while its stock was being locked');
  }
}

async function save(
  change: StockChange,
  shelves: Shelves,
  found: readonly Reservation[],
  known: ReadonlyMap<string, Reservation>,
): Promise<void> {
  const before = new Map(found.map((reservation) => [reservation.orderId, reservation]));
  const fresh = [...known.values()].filter(({ orderId }) => !before.has(orderId));
  const changed = [...known.values()].filter((now) => before.has(now.orderId) && before.get(now.orderId) !== now);
  await change.save(shelves, 'orders');
  await Promise.all([insertReservations(change.tx, fresh), updateStates(change.tx, found, changed)]);
}

const reservedSkus = {
  name: 'reserved-skus',
  text: `SELECT DISTINCT line->>'sku' AS sku FROM reservations, jsonb_array_elements(lines) AS line
         WHERE order_id = ANY($1::uuid[])`,
};
