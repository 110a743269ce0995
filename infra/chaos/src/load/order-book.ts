import type { OrderKind, Token } from './order-kinds.ts';

/** An order that was acknowledged: its client was answered 2xx. Times are of `performance.now()`. */
export interface Bought {
  orderId: string;
  kind: OrderKind;
  token: Token;
  /** When its client asked for the first time. */
  askedAt: number;
  acknowledgedAt: number;
  /** When it was promised last: that there is an order, or that it will be cancelled. */
  promisedAt: number;
  cancel?: 'accepted' | 'refused' | 'unknown';
  /** When it was seen to be terminal. A cancel that is accepted opens it again. */
  endedAt?: number;
  status?: string;
  reason?: string | null;
}

/** Every order that clients were promised, and what was wrong with what they were told. */
export class OrderBook {
  readonly orders = new Map<string, Bought>();
  /** What the contract does not allow, and how often. */
  readonly violations = new Map<string, number>();
  readonly counts = {
    asked: 0,
    shed: 0,
    givenUp: 0,
    repeats: 0,
    reads: 0,
    cancelsAsked: 0,
    cancelsAccepted: 0,
    unanswered: 0,
  };
  /** How orders were seen to end so far; a cancel that is accepted later ends an order once more. */
  readonly endings = { confirmed: 0, rejected: 0, cancelled: 0 };
  readonly #open = new Set<string>();

  acknowledge(order: Omit<Bought, 'promisedAt'>): void {
    this.orders.set(order.orderId, { ...order, promisedAt: order.acknowledgedAt });
    this.#open.add(order.orderId);
  }

  cancelAccepted(orderId: string): void {
    const order = this.orders.get(orderId)!;
    order.cancel = 'accepted';
    order.promisedAt = performance.now();
    delete order.endedAt;
    this.#open.add(orderId);
    this.counts.cancelsAccepted++;
  }

  /** Ids of orders that have not been seen to end. */
  get open(): string[] {
    return [...this.#open];
  }

  ended(orderId: string, status: string, reason: string | null, at: number): void {
    const order = this.orders.get(orderId);
    // Confirmed, and its cancel was accepted since this was read.
    if (!order || (order.cancel === 'accepted' && status === 'confirmed')) return;
    Object.assign(order, { status, reason, endedAt: at });
    this.endings[status as keyof typeof this.endings]++;
    this.#open.delete(orderId);
  }

  violate(what: string): void {
    this.violations.set(what, (this.violations.get(what) ?? 0) + 1);
  }
}
