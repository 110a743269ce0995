import { type LogEntry, timeline } from '@ringshop/saga';
import type { Pool } from '@ringshop/service-defaults';
import type { Order } from './order.ts';

export interface TimelineEntry {
  at: string;
  what: string;
  detail: string;
}

/** What happened to an order, in words: its saga's log. No secret is ever written there. */
export class OrderTimeline {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async of({ orderId, placedAt, lines }: Order): Promise<TimelineEntry[]> {
    const { rows } = await this.#pool.query<{ log: LogEntry[]; created_at: Date }>(
      'SELECT log, created_at FROM sagas WHERE saga_id = $1',
      [orderId],
    );
    const detail = lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
    return [
      { at: placedAt, what: 'placed', detail },
      ...rows.flatMap(({ log, created_at }) => timeline({ log, createdAt: created_at.getTime() })),
    ];
  }
}
