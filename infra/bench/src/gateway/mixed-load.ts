import { randomUUID } from 'node:crypto';
import { newOrderId } from '@ringshop/placement';
import { Pool } from 'undici';

const customers = 500;
const inFlight = 64;
const body = JSON.stringify({
  lines: [{ sku: 'SKU-0001', quantity: 1 }],
  payment: { token: 'tok_approve' },
  shipTo: { name: 'Ada Bench', address: '1 Loopback Street' },
});

/** One order placed, one order read, in turn, by many customers, so many in flight at any moment. */
export class MixedLoad {
  readonly #pool: Pool;
  readonly #tokens: string[];
  readonly #orderIds = Array.from({ length: customers }, (_, slot) => newOrderId(slot));
  #count = 0;

  constructor(url: string, tokens: string[]) {
    this.#pool = new Pool(url, { connections: inFlight, pipelining: 1 });
    this.#tokens = tokens;
  }

  static readonly customers = customers;

  async send(requests: number, signal: AbortSignal): Promise<void> {
    let left = requests;
    const worker = async () => {
      while (left-- > 0) {
        signal.throwIfAborted();
        await this.#one(this.#count++);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #one(n: number): Promise<void> {
    const place = n % 2 === 0;
    const who = (n >> 1) % customers;
    const authorization = `Bearer ${this.#tokens[who]}`;
    const { statusCode, body: answer } = await this.#pool.request(
      place
        ? {
            method: 'POST',
            path: '/v1/orders',
            headers: { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
            body,
          }
        : { method: 'GET', path: `/v1/orders/${this.#orderIds[who]}`, headers: { authorization } },
    );
    const text = await answer.text();
    if (statusCode !== (place ? 202 : 200)) throw new Error(`an answer that was not expected: ${statusCode} ${text}`);
  }
}
