import { slotOf } from '@ringshop/placement';
import { type LoadShedder, type Pool, Problem } from '@ringshop/service-defaults';
import { type DataSource, LessThan } from 'typeorm';
import type { PlacementAuthority } from '../placement/placement-authority.ts';
import { cursorOf } from './cursor.ts';
import { OrderEntity } from './order.entity.ts';
import type { Order } from './order.ts';
import { type OrderRow, orderColumns, orderOf, readOrders } from './orders.table.ts';

export interface Page {
  items: Order[];
  nextCursor?: string;
}

/** Reads of orders, and whether this shard is the one to ask. */
export class OrderReader {
  readonly #pool: Pool;
  readonly #source: DataSource;
  readonly #authority: PlacementAuthority;
  readonly #load: LoadShedder;

  constructor(pool: Pool, source: DataSource, authority: PlacementAuthority, load: LoadShedder) {
    this.#pool = pool;
    this.#source = source;
    this.#authority = authority;
    this.#load = load;
  }

  /** One round trip for both questions: no row at all means that the slot is not owned. */
  async one(orderId: string, slot: number): Promise<Order | 'absent' | 'misdirected'> {
    const { rows } = await this.#load.run('read', () =>
      this.#pool.query<OrderRow | { order_id: null }>({
        name: 'read-order',
        text: `SELECT ${orderColumns} FROM owned_slots s LEFT JOIN orders o ON o.order_id = $1 WHERE s.slot = $2`,
        values: [orderId, slot],
      }),
    );
    const [row] = rows;
    if (!row) return 'misdirected';
    return row.order_id === null ? 'absent' : orderOf(row);
  }

  many(orderIds: string[]): Promise<Order[]> {
    return readOrders(this.#pool, orderIds);
  }

  async owns(slot: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: 'owns-slot',
      text: 'SELECT FROM owned_slots WHERE slot = $1',
      values: [slot],
    });
    return rowCount === 1;
  }

  /** 421 with the newest epoch, so that a gateway with an older map fetches this one before it tries again. */
  async misdirected(): Promise<Problem> {
    return new Problem('misdirected', { members: { epoch: await this.#authority.newestEpoch() } });
  }

  /** Newest first. A keyset, not an offset: a page neither repeats nor skips while orders are being placed. */
  page(customerId: string, limit: number, after?: string): Promise<Page | 'misdirected'> {
    return this.#load.run('list', async () => {
      if (!(await this.owns(slotOf(customerId)))) return 'misdirected';
      const rows = await this.#source.getRepository(OrderEntity).find({
        where: { customer_id: customerId, ...(after && { order_id: LessThan(after) }) },
        order: { order_id: 'DESC' },
        take: limit + 1,
      });
      const items = rows.slice(0, limit).map(orderOf);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, nextCursor: cursorOf(last.orderId) } : { items };
    });
  }
}
