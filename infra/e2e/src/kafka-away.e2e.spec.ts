import { setTimeout as sleep } from 'node:timers/promises';
import { counted, eventually, type FaultProxy, faultProxy } from '@ringshop/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Customer } from './customer.ts';
import { Shop } from './shop.ts';
import { Shoppers } from './shoppers.ts';

const full = process.env.RINGSHOP_TEST_SIZE === 'full';
const restarts = full ? 10 : 3;
/** How long Kafka stays away once no more orders are accepted. RINGSHOP_OUTAGE_MS for a run that is short of time. */
const outageMs = Number(process.env.RINGSHOP_OUTAGE_MS ?? (full ? 600_000 : 3_000));
const outboxLimit = full ? 2_000 : 150;
const stepDeadlineMs = 5_000;
const shards = ['order-1', 'order-2'];
const services = ['gateway-1', ...shards, 'inventory-1', 'payment-1'];

describe('without Kafka', () => {
  let shop: Shop;
  let proxy: FaultProxy;

  beforeAll(async () => {
    const quick = { KAFKA_SESSION_TIMEOUT_MS: '3000' };
    // Far away: a lost message must show as an order that does not end, not be healed by the saga asking again.
    const order = { ...quick, STEP_DEADLINE_MS: '120000', OUTBOX_LIMIT: String(outboxLimit) };
    shop = await Shop.open({
      env: { order, inventory: quick, payment: quick },
      proxy: async (server, port) => {
        if (server !== 'kafka') return port;
        proxy = await faultProxy(port);
        return proxy.port;
      },
    });
  });
  afterAll(async () => {
    await shop?.close();
    await proxy?.close();
  });

  it('acceptance 38: a service that has nothing to do uses less than 2 % of a core', async () => {
    const cpuOf = (part: string) => counted(metricsUrl(part), 'process_cpu_seconds_total');
    const share = async (part: string) => {
      const [from, before] = [performance.now(), await cpuOf(part)];
      await sleep(full ? 30_000 : 1_500);
      return (1_000 * ((await cpuOf(part)) - before)) / (performance.now() - from);
    };
    // Compilers and caches are warm after a while.
    await eventually(
      async () => {
        const shares = await Promise.all(services.map(share));
        if (full)
          console.log('share of a core when idle', Object.fromEntries(services.map((name, at) => [name, shares[at]])));
        expect(shares.filter((one) => one >= 0.02)).toEqual([]);
        return true;
      },
      { within: 90_000 },
    );
  }, 200_000);

  it(
    `acceptance 29: a broker that is restarted ${restarts} times under load loses nothing`,
    async () => {
      const from = performance.now();
      const shoppers = await Shoppers.enter(shop, full ? 200 : 24);
      try {
        for (let n = 0; n < restarts; n++) {
          await shop.system.restartPart('kafka', {}, { kill: n % 2 === 0 });
          const before = shoppers.confirmed;
          await eventually(() => shoppers.confirmed > before + (full ? 2_000 : 50), {
            within: 60_000,
            what: 'orders after a restart of the broker',
          });
        }
      } finally {
        await shoppers.leave();
      }
      const seconds = (performance.now() - from) / 1_000;
      if (full) console.log(`${shop.acknowledged.length} orders in ${seconds} s, restarts included`);
      await shop.adds();
    },
    120_000 + restarts * 60_000,
  );

  it(
    'acceptance 30: orders are accepted up to the bound, then refused; each accepted one ends, confirmed or timed out',
    async () => {
      await Promise.all(shards.map((shard) => shop.restart(shard, { STEP_DEADLINE_MS: String(stepDeadlineMs) })));
      const crowd = await Promise.all(Array.from({ length: 24 }, () => shop.customer()));
      const ordersBefore = await ordersWritten();
      const accepted = new Accepted();

      await proxy.refuse();
      await Promise.all(crowd.map((customer) => accepted.place(customer)));
      const early = [...accepted.orders.keys()];
      expect(early).toHaveLength(crowd.length);
      await sleep(stepDeadlineMs + 1_000);
      const refusals = (await Promise.all(crowd.map((customer) => accepted.placeUntilRefused(customer)))) as Answer[];
      for (const { status, body, headers } of refusals) {
        expect([status, body.code]).toEqual([503, 'overloaded']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      await expectStalled();
      await expectFlat(() => Promise.all(crowd.map((customer) => accepted.place(customer))));
      expect(accepted.orders.size).toBeLessThanOrEqual(shards.length * (outboxLimit + crowd.length));
      expect((await ordersWritten()) - ordersBefore, 'a refused order left something behind').toBe(
        accepted.orders.size,
      );

      await proxy.pass();
      const healed = performance.now();
      const ends = await accepted.ends();
      const drained = async () => (await backlogs()).every((backlog) => backlog === 0);
      await eventually(drained, { within: 30_000, what: 'the outboxes to be drained' });
      if (full) console.log(`${ends.size} orders ended ${(performance.now() - healed) / 1_000} s after Kafka was back`);
      expect(early.map((orderId) => ends.get(orderId))).toEqual(early.map(() => 'timed-out'));
      // How many are young enough to go on depends on how long the groups take to come together again.
      expect(['confirmed', 'timed-out']).toEqual(expect.arrayContaining([...new Set(ends.values())]));
      expect((await crowd[0]!.place()).body.status).toBe('confirmed');
      await shop.adds();
    },
    240_000 + 2 * outageMs,
  );

  const backlogs = () => Promise.all(shards.map((shard) => counted(shop.urlOf(shard), 'ringshop_relay_backlog')));

  async function expectStalled(): Promise<void> {
    for (const backlog of await backlogs()) expect(backlog).toBeGreaterThanOrEqual(outboxLimit);
    for (const shard of shards) {
      const ready = await fetch(`${shop.urlOf(shard)}/health/ready`);
      const { notes } = (await ready.json()) as { notes: { reason: string }[] };
      expect(ready.status, 'it still takes what needs no Kafka').toBe(200);
      expect(notes.map(({ reason }) => reason).join()).toContain('Kafka does not take messages since');
    }
  }

  /** Asks on and on while Kafka stays away: what is refused must not add up to anything. */
  async function expectFlat(ask: () => Promise<unknown>): Promise<void> {
    const heap = async () =>
      Math.max(...(await Promise.all(shards.map((shard) => counted(shop.urlOf(shard), 'nodejs_heap_used_bytes')))));
    const until = performance.now() + outageMs;
    const seen: number[] = [];
    while (performance.now() < until) {
      await ask();
      seen.push(await heap());
    }
    expect(seen.length).toBeGreaterThan(3);
    // Garbage comes and goes; what is left after a collection is the floor.
    const floor = (samples: number[]) => Math.min(...samples) / 1e6;
    const [early, late] = [seen.slice(0, seen.length / 2), seen.slice(seen.length / 2)].map(floor) as [number, number];
    if (full) console.log(`heap of a shard: ${early} MB at first, ${late} MB later, of ${seen.length} samples`);
    expect(late - early).toBeLessThan(20);
  }

  async function ordersWritten(): Promise<number> {
    const counts = shards.map(async (shard) => {
      const url = Object.assign(new URL(shop.status.postgres.url), { pathname: `/${shard.replace('-', '_')}` });
      const client = new pg.Client(url.href);
      await client.connect();
      const { rows } = await client.query('SELECT count(*)::int AS n FROM orders').finally(() => client.end());
      return (rows[0] as { n: number }).n;
    });
    return (await Promise.all(counts)).reduce((sum, n) => sum + n, 0);
  }

  const metricsUrl = (part: string) => (part === 'gateway-1' ? shop.status.operator : shop.urlOf(part));
});

/** Orders that were answered with 202, and whose they are. */
class Accepted {
  readonly orders = new Map<string, Customer>();

  async place(customer: Customer): Promise<Answer> {
    const answer = await customer.place({ wait: 0 });
    if (answer.status === 202) this.orders.set(answer.body.orderId, customer);
    return answer;
  }

  async placeUntilRefused(customer: Customer): Promise<Answer> {
    for (;;) {
      const answer = await this.place(customer);
      if (answer.status !== 202) return answer;
    }
  }

  /** How each has ended: its reason, or `confirmed`. */
  async ends(): Promise<Map<string, string>> {
    const ends = new Map<string, string>();
    for (const [orderId, customer] of this.orders) {
      const order = await eventually(
        async () => {
          const { body } = await customer.get(`/v1/orders/${orderId}`);
          return body.status === 'pending' ? undefined : body;
        },
        { within: 60_000, what: `the end of ${orderId}` },
      );
      ends.set(orderId, order.reason ?? order.status);
    }
    return ends;
  }
}
