import type { Money } from '@ringshop/contracts';
import { RetriableError } from '@ringshop/service-defaults';

/** What the provider knows of a payment. */
export type ProviderAnswer =
  | { status: 'authorised' | 'captured' | 'voided' | 'refunded'; reason?: undefined }
  | { status: 'declined'; reason: string };

/**
 * The company that moves the money. One payment per order: every call carries an idempotency key made from the order's id
 * and nothing else, so a call that is made again, by whichever process, can never have a second effect.
 *
 * Each call answers how the payment stands after it: a capture may learn `voided`, a void `captured`.
 * @throws NoAnswer when nobody knows whether it was done; any other error means that the request itself was wrong.
 */
export interface PaymentProvider {
  authorise(orderId: string, amount: Money, token: string): Promise<ProviderAnswer>;
  capture(orderId: string, amount: Money): Promise<ProviderAnswer>;
  /** Frees the money, or cancels by key: an authorise that arrives later is answered `voided`. */
  void(orderId: string): Promise<ProviderAnswer>;
  /** Pays back what was captured, all of it. */
  refund(orderId: string, amount: Money): Promise<ProviderAnswer>;
  /** Undefined is not final: an authorise may still be under way. */
  lookUp(orderId: string): Promise<ProviderAnswer | undefined>;
}

/** Its sender had given up before the call was made: it was not made. */
export class Expired extends Error {
  override readonly name = 'Expired';
}

/** A time-out, a lost connection, an answer in the 500s or one that says nothing: unknown, never failed. */
export class NoAnswer extends RetriableError {
  override readonly name = 'NoAnswer';
  /** How long the provider wants not to be asked again for this payment. */
  readonly retryAfterMs: number;

  constructor(message: string, { retryAfterMs = 0, ...options }: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
