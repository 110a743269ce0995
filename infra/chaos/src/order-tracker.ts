import { Database } from '@ringshop/operator';
import type { OrderBook } from './load/order-book.ts';

const everyMs = 400;

interface Row {
  orderId: string;
  status: string;
  reason: string | null;
}

/** Follows the orders that were acknowledged, in the shards' own databases, past every proxy. */
export class OrderTracker {
  readonly #shards: Database[];

  constructor(
    postgresUrl: string,
    shards: string[],
    private readonly book: OrderBook,
  ) {
    this.#shards = shards.map((shard) => new Database(postgresUrl, shard.replaceAll('-', '_')));
  }

  /** Looks at what is open, until it is aborted. A database that is away is asked again. */
  async follow(pause: (ms: number) => Promise<void>, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      await pause(everyMs);
      await this.look().catch(() => undefined); // PostgreSQL may be what is broken just now
    }
  }

  /** Writes into the book which orders have ended. */
  async look(): Promise<void> {
    const { open } = this.book;
    if (open.length === 0) return;
    const rows = await this.#read(open, "AND status IN ('confirmed', 'rejected', 'cancelled')");
    const now = performance.now();
    for (const { orderId, status, reason } of rows) this.book.ended(orderId, status, reason, now);
  }

  /** How every acknowledged order stands now; those of which there is no row are left out. */
  async ends(): Promise<Row[]> {
    return this.#read([...this.book.orders.keys()], '');
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  async #read(ids: string[], condition: string): Promise<Row[]> {
    const sql = `SELECT order_id AS "orderId", status, reason FROM orders WHERE order_id = ANY ($1::uuid[]) ${condition}`;
    return (await Promise.all(this.#shards.map((shard) => shard.rows<Row>(sql, [ids])))).flat();
  }
}
