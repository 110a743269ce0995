import { type LogEntry, timeline } from '@ringshop/saga';
import type { LoadShedder, Pool } from '@ringshop/service-defaults';
import type { Order } from './order.ts';

export interface TimelineEntry {
  at: string;
  what: string;
  detail: string;
}

/** What happened to an order, in words: the logs of its sagas. No secret is ever written there. */
export class OrderTimeline {
  readonly #pool: Pool;
  readonly #load: LoadShedder;

  constructor(pool: Pool, load: LoadShedder) {
    this.#pool = pool;
    this.#load = load;
  }

  async of({ orderId, placedAt, lines }: Order): Promise<TimelineEntry[]> {
    const { rows } = await this.#load.run('read', () =>
      this.#pool.query<{ log: LogEntry[]; created_at: Date }>(
        'SELECT log, created_at FROM sagas WHERE saga_id = $1 ORDER BY created_at',
        [orderId],
      ),
    );
    const detail = lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
    const [placing = [], ...later] = rows.map(({ log, created_at }) =>
      timeline({ log, createdAt: created_at.getTime() }),
    );
    const asked = later.map(([first]) => ({ at: first!.at, what: 'cancel asked', detail: '' }));
    // Of equal instants what was logged first stays first: the sort is stable.
    const rest = [...placing, ...asked, ...later.flat()].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    return [{ at: placedAt, what: 'placed', detail }, ...rest.map(forCustomers)];
  }
}

/** Which operator it was is between the operators and their books. */
const forCustomers = (entry: TimelineEntry): TimelineEntry =>
  entry.what === 'resumed' ? { ...entry, detail: '' } : entry;
