/** A change of the provider's books: what one accepted request did, and the answer a repeat of it gets. */
export interface Entry {
  op: 'authorise' | 'decline' | 'capture' | 'void' | 'refund';
  /** The `Idempotency-Key` of the request. */
  key: string;
  /** The key the payment was authorised under: its identity here. */
  payment: string;
  orderId: string;
  /** Minor units. */
  amount: number;
  currency: string;
  reason?: string | undefined;
  /** How many captures fail before one works. */
  failingCaptures?: number | 'all' | undefined;
}

export interface Payment {
  orderId: string;
  /** `refunded` once nothing of what was captured is left. */
  status: 'authorised' | 'declined' | 'captured' | 'voided' | 'refunded';
  reason: string | undefined;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
  currency: string;
  failingCaptures: number | 'all';
}

/** The books in memory: what replaying every entry in order gives. It decides nothing. */
export class Ledger {
  readonly #payments = new Map<string, Payment>();
  readonly #entries = new Map<string, Entry>();

  apply(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    const payment = this.#payments.get(entry.payment);
    if (payment) change(payment, entry);
    else this.#payments.set(entry.payment, opened(entry));
  }

  payment(key: string): Payment | undefined {
    return this.#payments.get(key);
  }

  /** The request that was accepted under this key before. */
  accepted(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Every payment that ever held money. */
  *payments(): Generator<Pick<Payment, 'orderId' | 'authorised' | 'captured' | 'voided' | 'refunded'>> {
    for (const { orderId, authorised, captured, voided, refunded } of this.#payments.values()) {
      if (authorised > 0) yield { orderId, authorised, captured, voided, refunded };
    }
  }
}

function opened(entry: Entry): Payment {
  return {
    orderId: entry.orderId,
    // A void of a payment nobody asked for yet is a tombstone: it refuses the authorisation that comes late.
    status: entry.op === 'authorise' ? 'authorised' : entry.op === 'decline' ? 'declined' : 'voided',
    reason: entry.reason,
    authorised: entry.op === 'authorise' ? entry.amount : 0,
    captured: 0,
    voided: 0,
    refunded: 0,
    currency: entry.currency,
    failingCaptures: entry.failingCaptures ?? 0,
  };
}

function change(payment: Payment, entry: Entry): void {
  if (entry.op === 'capture') {
    payment.status = 'captured';
    payment.captured += entry.amount;
  } else if (entry.op === 'void') {
    payment.status = 'voided';
    payment.voided = payment.authorised;
  } else if (entry.op === 'refund') {
    payment.refunded += entry.amount;
    if (payment.refunded === payment.captured) payment.status = 'refunded';
  }
}
