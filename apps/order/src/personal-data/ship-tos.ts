import { isOrderId, slotOfOrder } from '@ringshop/placement';
import { type KeyRing, type LoadShedder, open, type Pool, Problem } from '@ringshop/service-defaults';
import type { OrderReader } from '../orders/read-orders.ts';
import { ownMark, type ShipTo, shipToPlace } from './customer-key.ts';
import type { CustomerKeys } from './customer-keys.ts';

interface Row {
  customer_id: string | null;
  ship_to: string;
  sealed_key: string | null;
  erased_at: Date | null;
}

export interface ShipTosParts {
  pool: Pool;
  keys: CustomerKeys;
  ring: KeyRing;
  reader: OrderReader;
  load: LoadShedder;
}

/** Where an order goes: told to its owner, and nowhere else in the system in the clear. */
export class ShipTos {
  constructor(private readonly parts: ShipTosParts) {}

  /** @throws Problem not-found, also for an order of somebody else; erased; misdirected */
  async of(customerId: string, orderId: string): Promise<ShipTo> {
    if (!isOrderId(orderId)) throw new Problem('not-found');
    const { pool, reader, load } = this.parts;
    // No row at all means that the slot is not owned.
    const ask = () =>
      pool.query<Row>({
        name: 'read-ship-to',
        text: `SELECT o.customer_id, o.ship_to, k.sealed_key, k.erased_at
               FROM owned_slots s
               LEFT JOIN orders o ON o.order_id = $1
               LEFT JOIN customer_keys k ON k.customer_id = o.customer_id
              WHERE s.slot = $2`,
        values: [orderId, slotOfOrder(orderId)],
      });
    const { rows } = await load.run('read', ask);
    const [row] = rows;
    if (!row) throw await reader.misdirected();
    if (row.customer_id !== customerId) throw new Problem('not-found');
    if (row.erased_at !== null) throw new Problem('erased');
    return this.#open(row, customerId, orderId);
  }

  #open({ ship_to, sealed_key }: Row, customerId: string, orderId: string): ShipTo {
    // From before customers had keys of their own, and not sealed anew yet.
    if (!ship_to.startsWith(ownMark)) return JSON.parse(open(this.parts.ring, ship_to, shipToPlace(orderId))) as ShipTo;
    const key = this.parts.keys.open({ customer_id: customerId, sealed_key });
    if (key === 'erased') throw new Error('an order under the key of a customer who has none');
    return key.openShipTo(ship_to, orderId);
  }
}
