export interface Bounds {
  /** The longest that one payment is left alone, whatever the provider says. */
  paymentMaxMs: number;
  /** The same for all other payments: what one of them was told must not stop the shop. */
  allMaxMs: number;
}

/**
 * What the provider said of when to come back (`Retry-After`): until then no call is made for that payment, and for a
 * bounded time none at all. Each replica knows what it was told itself.
 */
export class RetryAfter {
  readonly #bounds: Bounds;
  /** Until when, by order; the oldest first. */
  readonly #payments = new Map<string, number>();
  #all = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  heard(orderId: string, ms: number): void {
    const now = performance.now();
    for (const [id, until] of this.#payments) {
      if (until > now) break;
      this.#payments.delete(id);
    }
    this.#payments.delete(orderId);
    this.#payments.set(orderId, now + Math.min(ms, this.#bounds.paymentMaxMs));
    this.#all = Math.max(this.#all, now + Math.min(ms, this.#bounds.allMaxMs));
  }

  /** No call at all for a while, which nobody asked for: it would not be answered. */
  pause(ms: number): void {
    this.#all = Math.max(this.#all, performance.now() + Math.min(ms, this.#bounds.allMaxMs));
  }

  /** How long there must be no call yet for this payment. */
  leftMs(orderId: string): number {
    return Math.max(this.allLeftMs, (this.#payments.get(orderId) ?? 0) - performance.now());
  }

  /** How long there must be no call yet at all. */
  get allLeftMs(): number {
    return Math.max(0, this.#all - performance.now());
  }

  /** Waits until calls may be made, `upToMs` at most. */
  async over(upToMs: number): Promise<void> {
    const ms = Math.min(upToMs, this.allLeftMs);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** Milliseconds from the value of a `Retry-After` header, which is seconds or a date (RFC 9110). */
export function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
