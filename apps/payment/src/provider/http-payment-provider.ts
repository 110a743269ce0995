import type { Money } from '@ringshop/contracts';
import { Breaker, counter } from '@ringshop/service-defaults';
import { Pool } from 'undici';
import { z } from 'zod';
import { type Exchange, exchange, type HttpRequest } from './http-exchange.ts';
import { NoAnswer, type PaymentProvider, type ProviderAnswer } from './payment-provider.ts';
import { type RetryAfter, retryAfterMs } from './retry-after.ts';

export interface ProviderOptions {
  /** For one call, from its beginning to the end of its answer. */
  timeoutMs: number;
  connections: number;
  retryAfter: RetryAfter;
}

const opened = counter('ringshop_payment_provider_opened_total', 'Times that the provider was left alone for a while');

/**
 * The provider's HTTP interface, over connections that are kept open. When call after call is not answered at all it is left
 * alone, and tried by one call at a time; what answers, be it a 500, is there, and for that each payment has its own backoff.
 */
export class HttpPaymentProvider implements PaymentProvider {
  readonly #options: ProviderOptions;
  readonly #pool: Pool;
  readonly #breaker = new Breaker({ failures: 20, minMs: 500, maxMs: 4_000 });

  constructor(url: string, options: ProviderOptions) {
    this.#options = options;
    const { connections, timeoutMs } = options;
    this.#pool = new Pool(url, { connections, connect: { timeout: timeoutMs } });
  }

  authorise(orderId: string, { amount, currency }: Money, token: string): Promise<ProviderAnswer> {
    return this.#post('authorise', orderId, orderId, { amount, currency, token });
  }

  capture(orderId: string, { amount, currency }: Money): Promise<ProviderAnswer> {
    return this.#post('capture', orderId, `${orderId}:capture`, { payment: orderId, amount, currency });
  }

  void(orderId: string): Promise<ProviderAnswer> {
    return this.#post('void', orderId, `${orderId}:void`, { payment: orderId });
  }

  refund(orderId: string, { amount, currency }: Money): Promise<ProviderAnswer> {
    return this.#post('refund', orderId, `${orderId}:refund`, { payment: orderId, amount, currency });
  }

  async lookUp(orderId: string): Promise<ProviderAnswer | undefined> {
    const answer = await this.#request(orderId, { method: 'GET', path: `/payments/by-key/${orderId}` });
    return answer.http === 404 ? undefined : understood(answer);
  }

  /** Gives up what is under way: without an answer, it is unknown. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #post(verb: string, orderId: string, idempotencyKey: string, body: object): Promise<ProviderAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    const path = `/payments/${verb}`;
    return understood(
      await this.#request(orderId, { method: 'POST', path, headers, body: JSON.stringify({ orderId, ...body }) }),
    );
  }

  async #request(orderId: string, request: HttpRequest): Promise<Exchange> {
    const { retryAfter, timeoutMs } = this.#options;
    const leftMs = retryAfter.leftMs(orderId);
    if (leftMs > 0) throw new NoAnswer('the payment provider is not to be asked yet', { retryAfterMs: leftMs });
    if (!this.#breaker.enter()) {
      throw new NoAnswer('the payment provider does not answer lately', { retryAfterMs: this.#breaker.leftMs });
    }
    const answer = await exchange(this.#pool, request, timeoutMs).catch((cause) => {
      this.#noAnswer();
      const what = `${request.method} ${request.path.split('/', 3).join('/')}`;
      throw new NoAnswer(`no answer from the payment provider to ${what}`, { cause });
    });
    this.#breaker.succeeded();
    const waitMs = answer.http === 429 || answer.http === 503 ? retryAfterMs(answer.retryAfter) : undefined;
    if (waitMs === undefined) return answer;
    retryAfter.heard(orderId, waitMs);
    throw new NoAnswer(`the payment provider answered ${answer.http}`, { retryAfterMs: retryAfter.leftMs(orderId) });
  }

  /** Those who would ask next wait as they do when they are told to, in Kafka or in the table. */
  #noAnswer(): void {
    if (this.#breaker.failed()) opened.inc();
    this.#options.retryAfter.pause(this.#breaker.leftMs);
  }
}

const answerBody = z.object({ status: z.string(), reason: z.string(), code: z.string() }).partial();
type AnswerBody = z.output<typeof answerBody>;

type Standing = Exclude<ProviderAnswer['status'], 'declined'>;
const standings = new Set<string>(['authorised', 'captured', 'voided', 'refunded'] satisfies Standing[]);
const isStanding = (text: string | undefined): text is Standing => text !== undefined && standings.has(text);
/** Asked again, it would be refused again. */
const ourMistakes = new Set([400, 413, 422]);

/**
 * Only an answer that says how the payment stands is one: a 200 in its `status`, a 409 in its `code`. Whatever else comes
 * leaves it unknown, except that our own mistake is named.
 */
function understood({ http, text }: Exchange): ProviderAnswer {
  const { status, reason, code } = bodyOf(text);
  const standing = http === 200 ? status : http === 409 ? code : undefined;
  if (standing === 'declined') return { status: 'declined', reason: reason ?? 'declined' };
  if (isStanding(standing)) return { status: standing };
  const message = `the payment provider answered ${http} ${code ?? ''}`;
  if (ourMistakes.has(http)) throw new Error(message);
  throw new NoAnswer(message);
}

function bodyOf(text: string): AnswerBody {
  try {
    return answerBody.parse(JSON.parse(text));
  } catch (cause) {
    throw new NoAnswer('the answer of the payment provider cannot be read', { cause });
  }
}
