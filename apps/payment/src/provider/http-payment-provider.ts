import type { Money } from '@ringshop/contracts';
import { Pool } from 'undici';
import { exchange } from './http-exchange.ts';
import { NoAnswer, type PaymentProvider, type ProviderAnswer } from './payment-provider.ts';

interface Answer {
  status?: string;
  reason?: string;
  code?: string;
}

/** The provider's HTTP interface, over connections that are kept open. */
export class HttpPaymentProvider implements PaymentProvider {
  readonly #pool: Pool;

  constructor(url: string, { timeoutMs, connections }: { timeoutMs: number; connections: number }) {
    this.#pool = new Pool(url, {
      connections,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: { timeout: timeoutMs },
    });
  }

  authorise(orderId: string, { amount, currency }: Money, token: string): Promise<ProviderAnswer> {
    return this.#post('authorise', orderId, { orderId, amount, currency, token });
  }

  capture(orderId: string, { amount, currency }: Money): Promise<ProviderAnswer> {
    return this.#post('capture', `${orderId}:capture`, { orderId, payment: orderId, amount, currency });
  }

  void(orderId: string): Promise<ProviderAnswer> {
    return this.#post('void', `${orderId}:void`, { orderId, payment: orderId });
  }

  refund(orderId: string, { amount, currency }: Money): Promise<ProviderAnswer> {
    return this.#post('refund', `${orderId}:refund`, { orderId, payment: orderId, amount, currency });
  }

  async lookUp(orderId: string): Promise<ProviderAnswer | undefined> {
    const { http, answer } = await this.#request('GET', `/payments/by-key/${orderId}`);
    return http === 404 ? undefined : understood(http, answer);
  }

  /** Gives up what is under way: without an answer, it is unknown. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #post(verb: string, idempotencyKey: string, body: object): Promise<ProviderAnswer> {
    const { http, answer } = await this.#request('POST', `/payments/${verb}`, idempotencyKey, JSON.stringify(body));
    return understood(http, answer);
  }

  async #request(method: 'GET' | 'POST', path: string, idempotencyKey?: string, body?: string) {
    const headers = idempotencyKey ? { 'content-type': 'application/json', 'idempotency-key': idempotencyKey } : null;
    try {
      const { http, text } = await exchange(this.#pool, { method, path, headers, body: body ?? null });
      return { http, answer: JSON.parse(text) as Answer };
    } catch (cause) {
      throw new NoAnswer(`no answer from the payment provider to ${method} ${path.split('/', 3).join('/')}`, { cause });
    }
  }
}

type Standing = Exclude<ProviderAnswer['status'], 'declined'>;
const standings = new Set<string>(['authorised', 'captured', 'voided', 'refunded'] satisfies Standing[]);

/** A refusal names how the payment stands in its `code`; one that names nothing of the kind is our mistake. */
function understood(http: number, { status, reason, code }: Answer): ProviderAnswer {
  const standing = http === 200 ? status : code;
  if (standing === 'declined') return { status: 'declined', reason: reason ?? 'declined' };
  if (standing && standings.has(standing)) return { status: standing as Standing };
  if (http >= 500 || http === 408 || http === 429 || code === 'in-progress') {
    throw new NoAnswer(`the payment provider answered ${http} ${code ?? ''}`);
  }
  // The provider holds no money under this key and never will without a new authorise.
  if (code === 'unknown-payment') return { status: 'voided' };
  throw new Error(`the payment provider refused the request: ${http} ${code ?? ''}`);
}
