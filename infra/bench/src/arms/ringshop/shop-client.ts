import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { tokensOf } from '../../tokens.ts';
import type { Work } from '../arm.ts';
import { orderLines } from '../order-lines.ts';

const customers = 500;
/** More than an open loop can have under way: what waits for a connection would wait outside the system. */
const connections = 4_096;

/** Places orders through the gateway and waits for each to end (`Prefer: wait`), as a shop's checkout would. */
export class ShopClient {
  /** So far, by 503. */
  refused = 0;
  readonly #pool: Pool;
  readonly #tokens: string[];

  private constructor(gatewayUrl: string, tokens: string[]) {
    this.#pool = new Pool(gatewayUrl, { connections, pipelining: 1 });
    this.#tokens = tokens;
  }

  static async connect({ gatewayUrl, simulatorsUrl }: { gatewayUrl: string; simulatorsUrl: string }) {
    return new ShopClient(gatewayUrl, await tokensOf(simulatorsUrl, customers));
  }

  /**
   * One customer's order. In a closed loop one that is refused comes back when it was told to: customers that came sooner would
   * cost the shop what it needs for the orders that it let in. In an open loop it is gone.
   * @returns what it ended as, unless it is confirmed: `201 rejected`, `503 overloaded`
   */
  async place(number: number, { hotSkus, perSecond }: Work): Promise<string | undefined> {
    const order = this.#order(number, hotSkus);
    for (;;) {
      const { what, retryAfterS } = await this.#ask(order).catch((error) => {
        // An open loop may be more than there are connections for; what became of the order nobody knows.
        if (perSecond === undefined) throw error;
        return { what: 'no answer', retryAfterS: 0 };
      });
      if (what === '201 confirmed') return undefined;
      if (what !== '503 overloaded' || perSecond !== undefined) return what;
      this.refused++;
      await pause(retryAfterS * 1_000);
    }
  }

  async #ask(order: Dispatcher.RequestOptions): Promise<{ what: string; retryAfterS: number }> {
    const { statusCode, headers, body } = await this.#pool.request(order);
    const [, said = ''] = /"(?:code|status)":"([a-z-]+)"/.exec(await body.text()) ?? [];
    return { what: `${statusCode} ${said}`.trim(), retryAfterS: Number(headers['retry-after'] ?? 1) };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #order(number: number, hotSkus: number): Dispatcher.RequestOptions {
    return {
      method: 'POST',
      path: '/v1/orders',
      headers: {
        authorization: `Bearer ${this.#tokens[number % customers]}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        prefer: 'wait=10',
      },
      body: JSON.stringify({
        lines: orderLines({ hotSkus }),
        payment: { token: 'tok_approve' },
        shipTo: { name: 'Ada Bench', address: '1 Loopback Street' },
      }),
    };
  }
}
