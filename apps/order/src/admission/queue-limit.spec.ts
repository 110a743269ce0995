import { expect, it } from 'vitest';
import { QueueLimit } from './queue-limit.ts';

const options = { initial: 1_000, min: 4, max: 5_000, queueMs: 350, brokenMs: 8_000 };

/** Orders at a steady rate before one server with a queue; every order in it takes `baseMs` on top of its turn. */
class Shop {
  readonly limits: QueueLimit[];
  perSecond = 100;
  baseMs = 15;
  now = 0;
  refused = 0;
  took: number[] = [];
  /** How many each replica let in and saw end. */
  done: number[] = [];
  #free = 0;
  #arrived = 0;
  #underWay: { endsAt: number; since: number; found: number; replica: number }[] = [];

  /** @param initial  of each replica before the one queue */
  constructor(initial = [options.initial]) {
    this.limits = initial.map((first) => new QueueLimit({ ...options, initial: first }));
  }

  /** `offered` orders a second, for so long, one replica after the other. */
  offer(offered: number, seconds: number): this {
    this.refused = 0;
    this.took = [];
    this.done = this.limits.map(() => 0);
    const until = this.now + seconds * 1_000;
    for (; this.now < until; this.now += 1_000 / offered) {
      this.#end();
      const replica = this.#arrived++ % this.limits.length;
      const found = this.#underWay.filter((order) => order.replica === replica).length;
      if (found >= this.limits[replica]!.limit(this.now)) {
        this.refused += 1;
        continue;
      }
      this.#free = Math.max(this.now, this.#free) + 1_000 / this.perSecond;
      this.#underWay.push({ endsAt: this.#free + this.baseMs, since: this.now, found, replica });
    }
    return this;
  }

  get longest(): number {
    return Math.max(...this.took);
  }

  #end(): void {
    while (this.#underWay[0] && this.#underWay[0].endsAt <= this.now) {
      const { endsAt, since, found, replica } = this.#underWay.shift()!;
      this.took.push(endsAt - since);
      this.done[replica]! += 1;
      this.limits[replica]!.sample({ tookMs: endsAt - since, found, endedAt: endsAt });
    }
  }
}

it('refuses nothing as long as all can be done in time', () => {
  expect(new Shop().offer(70, 60).refused).toBe(0);
});

it('does all the work that can be done at ten times of it, and lets nobody wait much longer than allowed', () => {
  const shop = new Shop();
  shop.offer(70, 20).offer(200, 10).offer(1_000, 50);
  expect(shop.took.length).toBeGreaterThan(0.95 * 50 * shop.perSecond);
  expect(shop.longest).toBeLessThan(1.4 * (shop.baseMs + options.queueMs));
});

it('shares one queue among two replicas, neither left with a quarter, and lets nobody wait for both limits together', () => {
  const shop = new Shop([options.initial, options.initial]);
  shop.offer(70, 20).offer(200, 10).offer(1_000, 10).offer(1_000, 30);
  expect(shop.longest).toBeLessThan(1.4 * (shop.baseMs + options.queueMs));
  expect(Math.min(...shop.done)).toBeGreaterThan(30 * 25);
});

it('keeps the queue short where one of two has seen it shorter than the other', () => {
  const shop = new Shop([options.initial, options.initial]);
  for (let n = 0; n < 8; n += 1) shop.limits[0]!.sample({ tookMs: shop.baseMs, found: 0, endedAt: n * 20 });
  shop.now = 200;
  shop.baseMs += 60;
  for (let n = 0; n < 8; n += 1) shop.limits[1]!.sample({ tookMs: shop.baseMs, found: 0, endedAt: n * 20 });
  shop.offer(1_000, 10).offer(1_000, 45);
  expect(shop.longest).toBeLessThan(1.4 * (shop.baseMs + options.queueMs));
  expect(Math.min(...shop.done)).toBeGreaterThan(45 * 25);
});

it('keeps the queue short also when one of two has never seen it short', () => {
  const shop = new Shop([options.initial, options.initial]);
  shop.offer(1_000, 20);
  shop.limits[0] = new QueueLimit(options);
  shop.offer(1_000, 50).offer(1_000, 40);
  expect(shop.longest).toBeLessThan(1.4 * (shop.baseMs + options.queueMs));
  expect(Math.min(...shop.done)).toBeGreaterThan(40 * 25);
});

it("takes no other replica's queue for what an order takes, if that one does not drain its own", () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 600; n += 1) limit.sample({ tookMs: n < 8 ? 50 : 390, found: 60, endedAt: 45_000 + n * 25 });
  limit.limit(60_010);
  for (let n = 0; n < 12; n += 1) limit.sample({ tookMs: 200, found: 1, endedAt: 60_650 + n * 25 });
  expect(limit.limit(61_000)).toBe(options.initial);
  for (let n = 0; n < 40; n += 1) limit.sample({ tookMs: 480, found: 60, endedAt: 61_700 + n * 25 });
  expect(limit.limit(62_700)).toBeLessThan(options.initial);
});

it('takes for no queue what orders are gathered for', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 600; n += 1) {
    const gatheredMs = n < 8 ? 0 : 340;
    limit.sample({ tookMs: 60 + gatheredMs, gatheredMs, found: 60, endedAt: 45_000 + n * 25 });
  }
  expect(limit.limit(60_010)).toBe(options.initial);
});

it('lets few in for as long as those take that were being gathered at the full minute', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 600; n += 1) {
    limit.sample({ tookMs: n < 8 ? 50 : 590, gatheredMs: n < 8 ? 0 : 200, found: 60, endedAt: 45_000 + n * 25 });
  }
  // Twice what is allowed and what is gathered.
  expect([60_001, 60_000 + 2 * (50 + options.queueMs + 200) - 1].map((now) => limit.limit(now))).toEqual([2, 2]);
  expect(limit.limit(60_000 + 2 * (50 + options.queueMs + 200) + 1)).toBe(options.initial);
});

it('sees in what gathering took what can be done, and makes room for it', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 8; n += 1) limit.sample({ tookMs: 50, found: n, endedAt: n * 20 });
  for (const endedAt of [1_000, 1_800, 2_600])
    for (let n = 0; n < 200; n += 1) limit.sample({ tookMs: 1_000, gatheredMs: 200, found: n, endedAt });
  expect(limit.limit(2_600)).toBe(Math.floor((200 / 1_000) * (200 + 50 + options.queueMs)));
});

it('is as it was for a crowd that comes at a full minute after an idle one', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 200; n += 1) limit.sample({ tookMs: n < 8 ? 50 : 300, found: 60, endedAt: n * 20 });
  expect(limit.limit(180_010)).toBe(options.initial);
});

it('lets a crowd in that comes after quiet minutes, however slowly its first are done', () => {
  const shop = new Shop();
  shop.offer(1_000, 5).offer(70, 20);
  shop.now += 600_000;
  shop.perSecond = 30;
  expect(shop.offer(200, 0.06).refused + shop.offer(25, 1).refused).toBe(0);
});

it('sees what can be done by all of a crowd that came at once and is done at once, not by half of it', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 8; n += 1) limit.sample({ tookMs: 50, found: n, endedAt: n * 20 });
  for (const endedAt of [1_000, 1_800, 2_600])
    for (let n = 0; n < 200; n += 1) limit.sample({ tookMs: 800, found: n, endedAt });
  expect(limit.limit(2_600)).toBe(Math.floor((200 / 800) * (50 + options.queueMs)));
});

it('gets there from its first guess within three seconds, without a warning', () => {
  const shop = new Shop();
  shop.offer(70, 10).offer(1_000, 10).offer(1_000, 20);
  expect(shop.longest).toBeLessThan(1.4 * (shop.baseMs + options.queueMs));
});

it('lets in no crowd that is long gone when the first of it end, at twice what can be done', () => {
  const shop = new Shop();
  shop.offer(70, 10).offer(200, 10);
  expect(shop.longest).toBeLessThan(3 * (shop.baseMs + options.queueMs));
});

it('does not take a queue that never drains for what an order takes, in an hour', () => {
  const shop = new Shop();
  shop.offer(70, 20).offer(300, 3_600).offer(300, 30);
  expect(shop.longest).toBeLessThan(2 * (shop.baseMs + options.queueMs));
  expect(shop.took.length).toBeGreaterThan(0.95 * 30 * shop.perSecond);
});

it('finds it out when there is more capacity, or less', () => {
  const shop = new Shop();
  shop.offer(1_000, 30);
  shop.perSecond = 400;
  shop.offer(1_000, 5).offer(1_000, 10);
  expect(shop.took.length).toBeGreaterThan(0.95 * 10 * 400);
  shop.perSecond = 50;
  shop.offer(1_000, 10).offer(1_000, 10);
  expect(shop.longest).toBeLessThan(1.4 * (shop.baseMs + options.queueMs));
});

it('follows a provider that becomes slow for good, within five minutes', () => {
  const shop = new Shop();
  shop.offer(70, 60);
  shop.baseMs = 1_000;
  shop.offer(70, 300).offer(70, 60);
  expect(shop.refused).toBe(0);
});

it('follows a provider that takes seconds, as long as that is in time', () => {
  const shop = new Shop();
  shop.offer(70, 60);
  shop.baseMs = 5_000;
  shop.offer(70, 120).offer(70, 60);
  expect(shop.refused).toBe(0);
});

it('lets hardly anybody in where nothing is done in time', () => {
  const shop = new Shop();
  shop.offer(70, 60);
  shop.baseMs = 10_000;
  shop.offer(70, 120);
  expect(shop.limits[0]!.limit(shop.now)).toBe(options.min);
});

it("does not take one customer's slow bank for everybody's queue", () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 3_000; n += 1) {
    const slow = n > 100 && n % 5 < 4;
    limit.sample({
      tookMs: slow ? 5_000 : 20,
      found: 60,
      endedAt: n * 20,
      whose: slow ? 'slow' : `customer ${n % 50}`,
    });
  }
  expect(limit.limit(60_000)).toBe(options.initial);
});

it('takes no order for a queue that was slow with hardly another under way', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 8; n += 1) limit.sample({ tookMs: 50, found: 0, endedAt: n * 20 });
  for (const endedAt of [2_000, 4_000, 6_000]) limit.sample({ tookMs: 1_500, found: 0, endedAt });
  expect(limit.limit(6_000)).toBe(options.initial);
});

it('takes no pause for a queue: what waited for it comes out at once', () => {
  const limit = new QueueLimit(options);
  for (let n = 0; n < 8; n += 1) limit.sample({ tookMs: 50, found: 1, endedAt: n * 100 });
  for (const endedAt of [3_420, 3_670]) limit.sample({ tookMs: 25, found: 8, endedAt });
  for (let n = 0; n < 30; n += 1) limit.sample({ tookMs: 2_000 - n * 65, found: n, endedAt: 4_000 });
  for (let n = 0; n < 20; n += 1) limit.sample({ tookMs: 50, found: 1, endedAt: 4_050 + n * 100 });
  expect(limit.limit(6_100)).toBe(options.initial);
});

it('follows a machine on which everything takes longer, soon after the next full minute: few at once would not make it faster', () => {
  const shop = new Shop();
  shop.perSecond = 1_000;
  shop.offer(300, 60);
  shop.baseMs = 500;
  shop.offer(300, 70).offer(300, 30);
  expect(shop.refused).toBe(0);
});

it('lets in a few whatever happens, and no more than its most', () => {
  const limit = new QueueLimit(options);
  for (let n = 1; n <= 8; n += 1) limit.sample({ tookMs: 10, found: 0, endedAt: n * 20 });
  for (let n = 1; n <= 150; n += 1) limit.sample({ tookMs: 60_000, found: 50, endedAt: n * 1_000 });
  expect(limit.limit(1_000_000)).toBe(options.min);
  const open = new QueueLimit(options);
  for (let n = 1; n <= 1_000; n += 1) open.sample({ tookMs: 10, found: 10_000, endedAt: n * 100 });
  expect(open.limit(200_000)).toBe(options.max);
});
