import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { tokensOf } from '../../tokens.ts';
import type { Work } from '../arm.ts';
import { orderLines } from '../order-lines.ts';

const customers = 500;
const comesBackMs = 100;
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
   * One customer's order. In a closed loop one that is refused comes back soon, and sooner than it was told to: the loop is
   * there to keep so many under way. In an open loop it is gone.
   * @returns what it ended as, unless it is confirmed: `201 rejected`, `503 overloaded`
   */
  async place(number: number, { hotSkus, perSecond }: Work): Promise<string | undefined> {
    const order = this.#order(number, hotSkus);
    for (;;) {
      const what = await this.#ask(order);
      if (what === '201 confirmed') return undefined;
      if (what !== '503 overloaded' || perSecond !== undefined) return what;
      this.refused++;
      await pause(comesBackMs);
    }
  }

  async #ask(order: Dispatcher.RequestOptions): Promise<string> {
    const { statusCode, body } = await this.#pool.request(order);
    const [, said = ''] = /"(?:code|status)":"([a-z-]+)"/.exec(await body.text()) ?? [];
    return `${statusCode} ${said}`.trim();
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
