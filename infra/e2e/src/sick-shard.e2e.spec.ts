import { randomUUID } from 'node:crypto';
import { slotOf } from '@ringshop/placement';
import { counted, eventually } from '@ringshop/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Customer } from './customer.ts';
import { Shop } from './shop.ts';

const full = process.env.RINGSHOP_TEST_SIZE === 'full';
/** Each is told to stop; at full size all of them fifty times. */
const restarted = full
  ? ['order-1', 'order-1.2', 'order-2', 'order-2.2', 'inventory-1', 'inventory-1.2', 'payment-1']
  : ['order-1', 'order-2.2', 'inventory-1.2', 'payment-1'];
const rounds = full ? 50 : 1;

describe('with two replicas of each shard', () => {
  let shop: Shop;
  let postgres: pg.Client;

  beforeAll(async () => {
    // Orders that nobody pays for while payment is away would be refused in time; here only a restart may be seen.
    shop = await Shop.open({ replicas: 2, env: { order: { ADMISSION_MIN: '1000' } } });
    postgres = new pg.Client(shop.status.postgres.url);
    await postgres.connect();
  });
  afterAll(async () => {
    await postgres?.end();
    await shop?.close();
  });

  it('acceptance 47: a shard whose database is away costs its own customers only, and its keys go nowhere else', async () => {
    const [healthy, sick] = await Promise.all([customersOf('order-1', 5), customersOf('order-2', 5)]);
    const known = await Promise.all(sick.map((customer) => customer.place()));
    const [before, foreign] = [await ordersOf(healthy), await ordersIn('order_1', sick)];
    await postgres.query('ALTER DATABASE order_2 ALLOW_CONNECTIONS false');
    await postgres.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'order_2'`);
    try {
      const refused: Answer[] = [];
      const served: Answer[] = [];
      for (let round = 0; round < 10; round++) {
        const all = sick.map((customer, n) => [
          customer.place({ wait: 0 }),
          customer.get(`/v1/orders/${known[n]!.body.orderId}`),
          customer.get('/v1/orders'),
        ]);
        served.push(...(await Promise.all(healthy.flatMap((one) => [one.place({ wait: 1 }), one.get('/v1/orders')]))));
        refused.push(...(await Promise.all(all.flat())));
      }
      expect(new Set(served.map(({ status }) => (status === 202 ? 201 : status)))).toEqual(new Set([201, 200]));
      for (const { status, body, headers } of refused) {
        expect([status, body.code]).toEqual([503, 'shard-unavailable']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      // Found out by a few; the rest was told by the gateway.
      expect(await counted(shop.system.operatorUrl, 'gateway_upstream_opened_total')).toBeGreaterThan(0);
    } finally {
      await postgres.query('ALTER DATABASE order_2 ALLOW_CONNECTIONS true');
    }
    const again = () => Promise.all(sick.map((customer) => customer.place()));
    await eventually(async () => (await again()).every(({ status }) => status === 201), { within: 30_000 });
    expect(await ordersOf(healthy)).toBe(before + 50);
    expect(await ordersIn('order_1', sick)).toBe(foreign);
    await shop.adds();
  });

  it(
    'acceptance 51: each service is told to stop under load, and no client is told of it',
    async () => {
      const load = new Load(await Promise.all(Array.from({ length: 8 }, () => shop.customer())));
      for (let round = 0; round < rounds; round++) {
        for (const part of restarted) {
          await load.goesOn();
          load.restarting = part;
          await shop.system.stopPart(part);
          await load.goesOn();
          await shop.system.startPart(part);
        }
      }
      await load.end();
      expect(new Set(load.failures)).toEqual(new Set());
      await shop.adds();
    },
    120_000 + rounds * restarted.length * 6_000,
  );

  async function customersOf(shard: string, count: number): Promise<Customer[]> {
    const { slots } = (await (await fetch(`${shop.urlOf(shard)}/placement`)).json()) as { slots: string[] };
    const ids: string[] = [];
    while (ids.length < count) {
      const id = randomUUID();
      if (slots[slotOf(id)] === shard) ids.push(id);
    }
    return Promise.all(ids.map((id) => shop.customer(id)));
  }

  const ordersOf = (customers: Customer[]) => ordersIn('order_1', customers);

  async function ordersIn(database: string, customers: Customer[]): Promise<number> {
    const url = new URL(shop.status.postgres.url);
    url.pathname = `/${database}`;
    const client = new pg.Client(url.href);
    await client.connect();
    try {
      const ids = customers.map(({ id }) => id);
      const { rows } = await client.query('SELECT count(*)::int FROM orders WHERE customer_id = ANY($1::uuid[])', [
        ids,
      ]);
      return rows[0].count;
    } finally {
      await client.end();
    }
  }
});

/** Customers who place, wait a little, read and list, one after the other. They repeat nothing: what goes wrong is seen. */
class Load {
  readonly failures: string[] = [];
  restarting = 'nothing';
  #answers = 0;
  #open = true;
  readonly #running: Promise<unknown>;

  constructor(customers: Customer[]) {
    this.#running = Promise.all(customers.map((customer) => this.#shop(customer)));
  }

  /** Until every customer has had some answers more. */
  async goesOn(): Promise<void> {
    const from = this.#answers;
    await eventually(() => this.#answers > from + 30, { within: 30_000, what: 'the load to go on' });
  }

  async end(): Promise<void> {
    this.#open = false;
    await this.#running;
  }

  async #shop(customer: Customer): Promise<void> {
    while (this.#open) {
      const placed = await this.#note(customer.place({ wait: 1 }));
      if (placed === undefined || placed.status > 202) continue;
      await this.#note(customer.get(`/v1/orders/${placed.body.orderId}`));
      await this.#note(customer.get('/v1/orders?limit=1'));
    }
  }

  async #note(asked: Promise<Answer>): Promise<Answer | undefined> {
    const answer = await asked.catch((error: Error) => void this.failures.push(`${this.restarting}: ${error.message}`));
    this.#answers++;
    if (answer && answer.status >= 500) this.failures.push(`${this.restarting}: ${answer.status} ${answer.body.code}`);
    return answer ?? undefined;
  }
}
