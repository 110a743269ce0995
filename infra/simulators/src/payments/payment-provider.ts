import type { Journal } from '../journal.ts';
import type { Fault } from './fault.ts';
import type { Entry, Ledger, Payment } from './ledger.ts';
import { Refusal } from './refusal.ts';
import type { TestTokens } from './test-tokens.ts';

export interface AuthoriseRequest {
  orderId: string;
  /** Minor units. */
  amount: number;
  currency: string;
  token: string;
}

/** Names a payment by the key it was authorised under. */
export interface VoidRequest {
  orderId: string;
  payment: string;
}

export interface MoneyRequest extends VoidRequest {
  amount: number;
  currency: string;
}

export interface Answer {
  status: 'authorised' | 'declined' | 'captured' | 'voided' | 'refunded';
  amount: number;
  currency: string;
  reason?: string | undefined;
}

/**
 * The simulated payment provider. Each accepted request is journalled with its idempotency key before it is answered,
 * so a repeat gets the same answer after any crash. Failures (5xx) and requests under way are not stored: the same key
 * may be tried again.
 */
export class PaymentProvider {
  readonly #ledger: Ledger;
  readonly #journal: Journal<Entry>;
  readonly #tokens: TestTokens;

  constructor(ledger: Ledger, journal: Journal<Entry>, tokens: TestTokens) {
    this.#ledger = ledger;
    this.#journal = journal;
    this.#tokens = tokens;
  }

  async authorise(key: string, request: AuthoriseRequest): Promise<Answer> {
    const { orderId, amount, currency, token } = request;
    const known = this.#known(key, { orderId, payment: key, amount, currency }, 'authorise', 'decline');
    if (!known) await this.#tokens.takeTime(key, token);
    // Looked up after any delay: a void that came meanwhile has left its tombstone.
    if (!this.#ledger.payment(key)) {
      const { decline: reason, failingCaptures } = this.#tokens.behaviour(token);
      const op = reason ? 'decline' : 'authorise';
      this.#accept({ op, key, payment: key, orderId, amount, currency, reason, failingCaptures });
    }
    return this.#durable(authorisation(this.#ledger.payment(key)!));
  }

  async capture(key: string, request: MoneyRequest): Promise<Answer> {
    const known = this.#known(key, request, 'capture');
    if (known) return this.#durable(answerTo(known));
    const payment = this.#ledger.payment(request.payment);
    if (!payment) throw new Refusal(404, 'unknown-payment');
    if (payment.status !== 'authorised') throw new Refusal(409, payment.status);
    if (payment.authorised !== request.amount) throw new Refusal(422, 'amount-differs');
    return this.#done({ op: 'capture', key, ...request });
  }

  /** Frees the authorised money. For a key nobody has used it leaves a tombstone, so the late authorisation is refused. */
  async void(key: string, request: VoidRequest): Promise<Answer> {
    const known = this.#known(key, request, 'void');
    if (known) return this.#durable(answerTo(known));
    const payment = this.#ledger.payment(request.payment);
    if (payment?.status === 'captured' || payment?.status === 'refunded') throw new Refusal(409, payment.status);
    return this.#done({
      op: 'void',
      key,
      ...request,
      amount: payment?.authorised ?? 0,
      currency: payment?.currency ?? '',
    });
  }

  /** How an authorisation goes wrong by its test token. */
  faultOfAuthorise(key: string, { token }: AuthoriseRequest): Fault | undefined {
    return this.#tokens.faultOf(key, token);
  }

  /** How a capture goes wrong by the test token of its payment. One that may not be made any more is told so instead. */
  faultOfCapture(key: string, request: MoneyRequest): Fault | undefined {
    const payment = this.#ledger.payment(request.payment);
    return payment?.status === 'authorised' ? this.#tokens.faultOfCapture(key, payment.failingCaptures) : undefined;
  }

  async refund(key: string, request: MoneyRequest): Promise<Answer> {
    const known = this.#known(key, request, 'refund');
    if (known) return this.#durable(answerTo(known));
    const payment = this.#ledger.payment(request.payment);
    if (payment?.status !== 'captured') throw new Refusal(409, payment?.status ?? 'unknown-payment');
    if (payment.refunded + request.amount > payment.captured) throw new Refusal(422, 'more-than-captured');
    return this.#done({ op: 'refund', key, ...request });
  }

  /** What became of a payment; undefined also while its authorisation is still under way. */
  async byKey(key: string): Promise<Answer | undefined> {
    const payment = this.#ledger.payment(key);
    return payment && this.#durable(answerOf(payment));
  }

  /** The entry of an earlier request under the same key. A key may not be used for something else. */
  #known(key: string, request: VoidRequest & Partial<MoneyRequest>, ...ops: Entry['op'][]): Entry | undefined {
    const entry = this.#ledger.accepted(key);
    if (!entry) return undefined;
    const { orderId, payment, amount = entry.amount, currency = entry.currency } = request;
    const same =
      ops.includes(entry.op) &&
      entry.orderId === orderId &&
      entry.payment === payment &&
      entry.amount === amount &&
      entry.currency === currency;
    if (!same) throw new Refusal(422, 'idempotency-key-reused');
    return entry;
  }

  #accept(entry: Entry): void {
    this.#ledger.apply(entry);
    this.#journal.append(entry);
  }

  #done(entry: Entry): Promise<Answer> {
    this.#accept(entry);
    return this.#durable(answerTo(entry));
  }

  /** Nothing is answered before what it rests on is on the disk. */
  async #durable(answer: Answer): Promise<Answer> {
    await this.#journal.durable();
    return answer;
  }
}

const past = {
  authorise: 'authorised',
  decline: 'declined',
  capture: 'captured',
  void: 'voided',
  refund: 'refunded',
} as const;

function answerTo({ op, amount, currency, reason }: Entry): Answer {
  return { status: past[op], amount, currency, reason };
}

function answerOf({ status, authorised: amount, currency, reason }: Payment): Answer {
  return { status, amount, currency, reason };
}

/** A repeated authorisation is told when its payment was voided since; that it was captured since is not its business. */
function authorisation(payment: Payment): Answer {
  const answer = answerOf(payment);
  return answer.status === 'captured' ? { ...answer, status: 'authorised' } : answer;
}
