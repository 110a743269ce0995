import type { Outbox } from '@ringshop/messaging';
import { slotOf } from '@ringshop/placement';
import { takeOwnedSlot } from '../placement/owned-slots.ts';
import { ownMark } from './customer-key.ts';

export interface Erased {
  customerId: string;
  /** When it was done for the first time. */
  erasedAt: string;
}

/**
 * Erases what is personal of a customer by erasing the key that opens it, in every order at once. Orders stay, with their
 * lines, amounts and the customer's id, so the books still add up, and open ones go on to their end; what carries them
 * out never needed the address. Nothing is placed for this customer again. Repeated, it only goes on record again.
 */
export class EraseCustomers {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** @param by the operator who asks for it */
  erase(customerId: string, by: string): Promise<Erased | 'misdirected'> {
    return this.#outbox.transaction(async (tx) => {
      // An order that is being written may have read the key already: it is waited for, so that none comes after the answer.
      if (!(await takeOwnedSlot(tx, slotOf(customerId)))) return 'misdirected';
      const { rows } = await tx.query<{ erased_at: Date }>(
        `INSERT INTO customer_keys AS k (customer_id, sealed_key, erased_at) VALUES ($1, NULL, now())
         ON CONFLICT (customer_id) DO UPDATE SET sealed_key = NULL, erased_at = coalesce(k.erased_at, now())
         RETURNING erased_at`,
        [customerId],
      );
      // Addresses from before there were customers' keys are under a key of all customers: they have to go themselves.
      const { rowCount } = await tx.query(
        `UPDATE orders SET ship_to = $2 WHERE customer_id = $1 AND ship_to NOT LIKE '@.%'`,
        [customerId, ownMark],
      );
      await tx.query(`INSERT INTO operator_actions (who, what, customer_id, detail) VALUES ($1, 'erase', $2, $3)`, [
        by,
        customerId,
        `${rowCount} addresses that were under a key of the ring`,
      ]);
      return { customerId, erasedAt: rows[0]!.erased_at.toISOString() };
    });
  }
}
