import type { Send } from '@ringshop/saga';

export interface Answer {
  name: string;
  data: unknown;
}

/** What a participant does with a command that leaves it a choice. */
export type Choice = 'yes' | 'no' | 'not now';

const total = { amount: 999, currency: 'EUR' };

/**
 * Inventory and payment as their contracts promise them: idempotent, a stored answer is repeated, an undo leaves a
 * tombstone that refuses the late do. What must never be asked of them throws.
 */
export class Participants {
  stock: 'none' | 'held' | 'expired' | 'lost' | 'released' | 'committed' | 'refused' = 'none';
  payment: 'none' | 'authorised' | 'declined' | 'voided' | 'captured' = 'none';
  #reserved: Answer | undefined;

  handle({ name }: Send, choice: Choice, heldUntil: number): Answer {
    switch (name) {
      case 'reserve-stock':
        return this.#reserve(choice, heldUntil);
      case 'release-stock':
        if (this.stock === 'committed') throw new Error('sold stock was released');
        this.stock = 'released';
        return { name: 'stock-released', data: {} };
      case 'commit-stock':
        return this.#commit();
      case 'authorise-payment':
        return this.#authorise(choice);
      case 'void-payment':
        if (this.payment === 'captured') throw new Error('captured money was voided');
        this.payment = 'voided';
        return { name: 'payment-voided', data: {} };
      case 'capture-payment':
        if (this.payment !== 'authorised' && this.payment !== 'captured') throw new Error(`captured: ${this.payment}`);
        if (choice === 'not now') return { name: 'capture-refused', data: { reason: 'provider is down' } };
        this.payment = 'captured';
        return { name: 'payment-captured', data: { amount: total } };
      default:
        throw new Error(`nobody handles ${name}`);
    }
  }

  /** @param soldOut somebody else took the units at once; else a commit may take them again */
  expire(soldOut: boolean): void {
    if (this.stock === 'held') this.stock = soldOut ? 'lost' : 'expired';
  }

  #reserve(choice: Choice, heldUntil: number): Answer {
    if (this.#reserved) return this.#reserved;
    if (this.stock === 'released') return { name: 'reservation-refused', data: {} };
    if (choice === 'not now') return { name: 'stock-unavailable', data: {} };
    this.stock = choice === 'yes' ? 'held' : 'refused';
    const until = new Date(heldUntil).toISOString();
    this.#reserved =
      choice === 'yes'
        ? { name: 'stock-reserved', data: { lines: [], total, heldUntil: until } }
        : { name: 'out-of-stock', data: { skus: ['SKU-0910'] } };
    return this.#reserved;
  }

  #commit(): Answer {
    if (this.stock === 'lost') return { name: 'reservation-gone', data: {} };
    if (!/^(held|expired|committed)$/.test(this.stock)) throw new Error(`committed: ${this.stock}`);
    this.stock = 'committed';
    return { name: 'stock-committed', data: {} };
  }

  #authorise(choice: Choice): Answer {
    if (this.payment === 'none') this.payment = choice === 'no' ? 'declined' : 'authorised';
    if (this.payment === 'declined') return { name: 'payment-declined', data: { reason: 'card' } };
    if (this.payment === 'voided') return { name: 'payment-refused', data: {} };
    return { name: 'payment-authorised', data: { amount: total } };
  }
}
