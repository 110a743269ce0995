import type { Send } from '@ringshop/saga';

export interface Answer {
  name: string;
  data: unknown;
}

/** What a participant does with a command that leaves it a choice. */
export type Choice = 'yes' | 'no' | 'not now';

const total = { amount: 999, currency: 'EUR' };

/**
 * Inventory and payment as their contracts promise them: idempotent, a stored answer is repeated, what was undone or closed
 * refuses whatever comes late. What must never be asked of them throws.
 */
export class Participants {
  stock: 'none' | 'held' | 'expired' | 'lost' | 'released' | 'committed' | 'returned' | 'refused' = 'none';
  payment: 'none' | 'authorised' | 'declined' | 'voided' | 'captured' | 'refunded' = 'none';
  /** What they did, each time that they did it. */
  readonly effects: string[] = [];
  /** Names of all answers that were ever given. */
  readonly answered = new Set<string>();
  #reserved: Answer | undefined;
  #closed = false;

  handle({ name }: Pick<Send, 'name'>, choice: Choice, heldUntil: number): Answer {
    const answer = this.#answer(name, choice, heldUntil);
    this.answered.add(answer.name);
    return answer;
  }

  /** @param soldOut somebody else took the units at once; else a commit may take them again */
  expire(soldOut: boolean): void {
    if (this.stock === 'held') this.stock = soldOut ? 'lost' : 'expired';
  }

  #answer(name: string, choice: Choice, heldUntil: number): Answer {
    switch (name) {
      case 'reserve-stock':
        return this.#reserve(choice, heldUntil);
      case 'release-stock':
        return this.#release();
      case 'commit-stock':
        return this.#commit();
      case 'return-stock':
        return this.#return();
      case 'authorise-payment':
        return this.#authorise(choice);
      case 'void-payment':
        return this.#void();
      case 'capture-payment':
        return this.#capture(choice);
      case 'close-payment':
        return this.#close();
      default:
        throw new Error(`nobody handles ${name}`);
    }
  }

  #reserve(choice: Choice, heldUntil: number): Answer {
    if (this.stock === 'released' || this.stock === 'returned') return { name: 'reservation-refused', data: {} };
    if (this.#reserved) return this.#reserved;
    if (choice === 'not now') return { name: 'stock-unavailable', data: {} };
    const until = new Date(heldUntil).toISOString();
    if (choice === 'yes') this.#stockIs('held');
    else this.stock = 'refused';
    this.#reserved =
      choice === 'yes'
        ? { name: 'stock-reserved', data: { lines: [], total, heldUntil: until } }
        : { name: 'out-of-stock', data: { skus: ['SKU-0910'] } };
    return this.#reserved;
  }

  #release(): Answer {
    if (this.stock === 'committed') throw new Error('sold stock was released');
    if (this.stock !== 'returned') this.stock = 'released';
    return { name: 'stock-released', data: {} };
  }

  #commit(): Answer {
    if (this.stock === 'none' || this.stock === 'refused') throw new Error(`committed: ${this.stock}`);
    if (this.stock === 'returned') return { name: 'commit-refused', data: { reason: 'closed' } };
    if (this.stock === 'lost' || this.stock === 'released') return { name: 'reservation-gone', data: {} };
    if (this.stock !== 'committed') this.#stockIs('committed');
    return { name: 'stock-committed', data: {} };
  }

  #return(): Answer {
    if (this.stock !== 'returned' && this.stock !== 'released') this.#stockIs('returned');
    return { name: 'stock-returned', data: {} };
  }

  #authorise(choice: Choice): Answer {
    if (this.payment === 'none' && choice !== 'no') this.#paymentIs('authorised');
    else if (this.payment === 'none') this.payment = 'declined';
    if (this.payment === 'declined') return { name: 'payment-declined', data: { reason: 'card' } };
    if (this.payment === 'voided' || this.payment === 'refunded') return { name: 'payment-refused', data: {} };
    return { name: 'payment-authorised', data: { amount: total } };
  }

  #void(): Answer {
    if (this.payment === 'captured') throw new Error('captured money was voided');
    if (this.payment === 'none' || this.payment === 'authorised') this.#paymentIs('voided');
    return { name: 'payment-voided', data: {} };
  }

  #capture(choice: Choice): Answer {
    const open = this.payment === 'authorised' || this.payment === 'captured';
    if (!open && !this.#closed) throw new Error(`captured: ${this.payment}`);
    if (!open) return { name: 'capture-refused', data: { reason: 'closed' } };
    if (this.payment === 'authorised' && choice === 'not now')
      return { name: 'capture-refused', data: { reason: 'provider is down' } };
    if (this.payment === 'authorised') this.#paymentIs('captured');
    return { name: 'payment-captured', data: { amount: total } };
  }

  #close(): Answer {
    this.#closed = true;
    if (this.payment === 'captured') this.#paymentIs('refunded');
    if (this.payment === 'none' || this.payment === 'authorised') this.#paymentIs('voided');
    return { name: 'payment-closed', data: this.payment === 'refunded' ? { refunded: total } : {} };
  }

  #stockIs(state: 'held' | 'committed' | 'returned'): void {
    this.effects.push(state);
    this.stock = state;
  }

  #paymentIs(state: 'authorised' | 'voided' | 'captured' | 'refunded'): void {
    this.effects.push(state);
    this.payment = state;
  }
}
