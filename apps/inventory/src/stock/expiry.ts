import { counter } from '@ringshop/service-defaults';
import type { Pool } from 'pg';
import { expire } from './reservation.ts';
import { lockOverdue, updateStates } from './reservations.table.ts';
import type { StockGuard } from './stock-guard.ts';

const expired = counter('inventory_reservations_expired_total', 'Reservations whose units went back because of time');
const batchSize = 200;
/** A reservation becomes visible only when its transaction commits, which is later than its clock reading. */
const lateCommitMs = 60_000;
/** However clocks were wrong, an overdue reservation is found within this time. */
const everywhereMs = 600_000;

/**
 * Gives back what is held past its time. Any number of replicas may sweep: they pass over each other's rows, and a
 * commit or release that comes at the same moment either finds EXPIRED or makes the sweep find nothing.
 */
export class ExpirySweep {
  readonly #pool: Pool;
  readonly #guard: StockGuard;
  /** Nothing before this is held any more, so the index need not be searched there again. */
  #doneUntil = new Date(0);
  #lastSweep = new Date(0);
  #everywhereAt = new Date(0);

  constructor(options: { pool: Pool; guard: StockGuard }) {
    this.#pool = options.pool;
    this.#guard = options.guard;
  }

  /** @returns how many reservations expired */
  async sweep(now = new Date()): Promise<number> {
    const since = this.#since(now);
    let total = 0;
    for (;;) {
      const { rows } = await this.#pool.query<{ order_id: string; skus: string[] }>({
        ...overdue,
        values: [since, now, batchSize],
      });
      const count = rows.length > 0 ? await this.#expire(rows, now) : 0;
      total += count;
      // What somebody else works on at this moment is looked at again by the next sweep.
      if (count < rows.length) {
        if (since < this.#doneUntil) this.#everywhereAt = new Date(0);
        return total;
      }
      if (rows.length < batchSize) break;
    }
    this.#doneUntil = new Date(now.getTime() - lateCommitMs);
    return total;
  }

  /**
   * `doneUntil` is only as right as the clocks. While this one is ahead, what others reserve lies behind the mark from the
   * beginning: it is found when the clock comes back, or else by a look at everything, as after a start. That takes half a
   * second for a million reservations; where it fails, the next sweep goes on from the mark.
   */
  #since(now: Date): Date {
    const everywhere = now < this.#lastSweep || now.getTime() - this.#everywhereAt.getTime() >= everywhereMs;
    this.#lastSweep = now;
    if (!everywhere) return this.#doneUntil;
    this.#everywhereAt = now;
    return new Date(0);
  }

  async #expire(due: { order_id: string; skus: string[] }[], now: Date): Promise<number> {
    const skus = [...new Set(due.flatMap((row) => row.skus))];
    const orderIds = due.map((row) => row.order_id);
    const count = await this.#guard.change(skus, async (change) => {
      const held = await lockOverdue(change.tx, orderIds, now);
      const shelves = await change.lock(skus);
      const done = held.map((reservation) => expire(reservation, shelves));
      await change.save(shelves, 'expiry');
      await updateStates(change.tx, held, done);
      return done.length;
    });
    expired.inc(count);
    return count;
  }
}

const overdue = {
  name: 'expiry-due',
  text: `SELECT order_id, ARRAY(SELECT line->>'sku' FROM jsonb_array_elements(lines) AS line) AS skus
         FROM reservations
         WHERE held_until > $1 AND held_until <= $2 AND state = 'HELD'
         LIMIT $3`,
};
