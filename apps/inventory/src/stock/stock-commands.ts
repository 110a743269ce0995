import type { DataOf, Line, reserveStock } from '@ringshop/contracts';
import { type Incoming, reply } from '@ringshop/messaging';
import { RetriableError } from '@ringshop/service-defaults';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import { commit, type Decision, type Reservation, release, reserve, returnUnits } from './reservation.ts';
import { insertReservations, lockReservations, updateStates } from './reservations.table.ts';
import type { Shelves } from './shelves.ts';
import type { Scope, StockChange } from './stock-change.ts';
import type { Claim, StockGuard } from './stock-guard.ts';

const source = '/inventory';

interface Command {
  message: Incoming;
  /** As the database writes it: the transport takes no other spelling, by which a known reservation would not be recognised. */
  orderId: string;
}

/** What a batch wants for one order: its messages stay together and in their order. */
interface OrderClaim extends Claim {
  orderId: string;
  skus: string[];
  until: number;
  /** Whether one of the messages means the units of its reservation, whatever lines that has. */
  moves: boolean;
}

/**
 * Handles a mixed batch of reserve-, release-, commit- and return-stock in one transaction, or a few when others work on some of
 * its SKUs: what a transaction needs is locked together, decided in memory in the order of the messages, and written once.
 *
 * Guaranteed: a command has its effect once however often it arrives, and is answered alike; only a reserve whose units
 * were given back meanwhile is refused. The order's reservation is the proof, which is why no inbox row is written: it
 * commits together with effect and answer.
 */
export class StockCommands {
  readonly #pool: Pool;
  readonly #guard: StockGuard;
  readonly #holdMs: number;
  /**
   * SKUs of what was reserved here lately: a commit, which comes soon, needs no look-up of what to lock. It decides nothing, and
   * may be of a transaction that rolled back: the reservation is read once its stock is locked, and tells when that is the wrong one.
   */
  readonly #reserved = new LRUCache<string, readonly string[]>({ max: 10_000 });

  constructor(options: { pool: Pool; guard: StockGuard; holdMs: number }) {
    this.#pool = options.pool;
    this.#guard = options.guard;
    this.#holdMs = options.holdMs;
  }

  async handle(batch: readonly Incoming[]): Promise<void> {
    const commands = batch.map((message) => ({ message, orderId: message.event.subject }));
    const orders = await this.#ordersOf(commands);
    await this.#guard.inRounds(orders, (change, granted) => this.#handle(change, granted, commands));
  }

  async #handle(change: StockChange, granted: readonly OrderClaim[], commands: readonly Command[]): Promise<void> {
    const orders = new Map(granted.map((order) => [order.orderId, order]));
    // Both at once and in this order: everybody locks reservations before stock.
    const [found, shelves] = await Promise.all([lockReservations(change.tx, [...orders.keys()]), change.lock()]);
    requireLocked(
      found.filter(({ orderId }) => orders.get(orderId)!.moves),
      new Set(change.scope.skus),
    );
    const known = new Map(found.map((reservation) => [reservation.orderId, reservation]));
    const replies = commands
      .filter(({ orderId }) => orders.has(orderId))
      .map((command) => {
        const { reservation, reply: answer } = this.#decide(command, known, shelves, change.scope);
        known.set(reservation.orderId, reservation);
        return reply(command.message, answer.name, answer.data, source);
      });
    await save(change, shelves, found, known);
    for (const { orderId, lines, state } of known.values()) {
      if (state !== 'HELD') continue;
      this.#reserved.set(
        orderId,
        lines.map(({ sku }) => sku),
      );
    }
    change.tx.publish(replies);
  }

  /** `known` holds each order's latest state. */
  #decide(
    { message, orderId }: Command,
    known: ReadonlyMap<string, Reservation>,
    shelves: Shelves,
    { now, refusing }: Scope,
  ): Decision {
    const { name, event } = message;
    const reservation = known.get(orderId);
    if (name === 'release-stock') return release(reservation, orderId, shelves);
    if (name === 'commit-stock') return commit(reservation, orderId, shelves);
    if (name === 'return-stock') return returnUnits(reservation, orderId, shelves);
    // Not taken for a reserve, whatever it is: it becomes a dead letter, and its neighbours are decided.
    if (name !== 'reserve-stock') throw new Error(`nothing here decides ${name}`);
    const request = { ...(event.data as DataOf<typeof reserveStock>), orderId, expiresAt: expiryOf(message) };
    return reserve(reservation, request, shelves, { now, holdMs: this.#holdMs, refusing });
  }

  /** With every SKU that each may move: a reserve names its own, everything else means those of its reservation. */
  async #ordersOf(commands: readonly Command[]): Promise<OrderClaim[]> {
    const orders = new Map<string, OrderClaim>();
    for (const { message, orderId } of commands) {
      const order = orders.get(orderId) ?? { orderId, skus: [], until: 0, moves: false };
      orders.set(orderId, order);
      const reserves = message.name === 'reserve-stock';
      if (reserves) for (const { sku } of linesOf(message)) order.skus.push(sku);
      else order.moves = true;
      // A reserve that came too late takes nothing; everything else goes on.
      order.until = Math.max(order.until, (reserves && expiryOf(message)?.getTime()) || Number.POSITIVE_INFINITY);
    }
    const moving: string[] = [];
    for (const { orderId, moves, skus } of orders.values()) {
      if (!moves) continue;
      const reserved = this.#reserved.get(orderId);
      // Only once: should it be wrong, the next attempt looks it up.
      if (this.#reserved.delete(orderId)) skus.push(...reserved!);
      else moving.push(orderId);
    }
    if (moving.length > 0) {
      const { rows } = await this.#pool.query<{ order_id: string; sku: string }>({ ...reservedSkus, values: [moving] });
      for (const { order_id, sku } of rows) orders.get(order_id)!.skus.push(sku);
    }
    return [...orders.values()];
  }
}

const linesOf = ({ event }: Incoming): Line[] => (event.data as DataOf<typeof reserveStock>).lines;
const expiryOf = ({ event }: Incoming) => (event.expiresat ? new Date(event.expiresat) : undefined);

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
  // Not one after the other: on a pipelined connection they share a round trip, while others wait for the stock.
  await Promise.all([
    change.save(shelves, 'orders'),
    insertReservations(change.tx, fresh),
    updateStates(change.tx, found, changed),
  ]);
}

const reservedSkus = {
  name: 'reserved-skus',
  text: `SELECT order_id, line->>'sku' AS sku FROM reservations, jsonb_array_elements(lines) AS line
         WHERE order_id = ANY($1::uuid[])`,
};
