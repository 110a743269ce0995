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
    const { rows } = await this.#pool.query<{ log: LogEntry[] }>('SELECT log FROM sagas WHERE saga_id = $1', [orderId]);
    const detail = lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
    return [{ at: placedAt, what: 'placed', detail }, ...timeline(rows[0]?.log ?? [])];
  }
}
