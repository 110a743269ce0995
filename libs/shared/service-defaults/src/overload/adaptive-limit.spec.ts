import { expect, test } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';

interface Times {
  untilMs: number;
  /** Arrivals. */
  perSecond: number;
  serviceMs: number;
}

/**
 * A server of `workers` with a queue before them, on simulated time; what arrives while the limit is reached is refused.
 * Arrivals come in an even stream and every service takes equally long, so that the same run gives the same numbers.
 */
class QueueServer {
  now = 0;
  readonly limiter: AdaptiveLimit;
  readonly #freeAt: number[];
  readonly #ends: { at: number; began: number; inFlight: number }[] = [];
  #nextArrival = 0;
  done = 0;
  refused = 0;

  constructor(workers: number, limits: Omit<ConstructorParameters<typeof AdaptiveLimit>[0], 'now'>) {
    this.limiter = new AdaptiveLimit({ ...limits, now: () => this.now });
    this.#freeAt = new Array(workers).fill(0);
  }

  run({ untilMs, perSecond, serviceMs }: Times): { goodput: number; slowestMs: number; refused: number } {
    const began = { at: this.now, done: this.done, refused: this.refused };
    let slowestMs = 0;
    while (this.now < untilMs) {
      const end = this.#ends[0];
      if (end && end.at <= this.#nextArrival) {
        this.#ends.shift();
        this.now = end.at;
        this.done++;
        slowestMs = Math.max(slowestMs, end.at - end.began);
        this.limiter.sample(end.at - end.began, end.inFlight);
      } else {
        this.now = this.#nextArrival;
        this.#nextArrival += 1_000 / perSecond;
        this.#arrive(serviceMs);
      }
    }
    const seconds = (this.now - began.at) / 1_000;
    return { goodput: (this.done - began.done) / seconds, slowestMs, refused: this.refused - began.refused };
  }

  #arrive(serviceMs: number): void {
    if (this.#ends.length >= this.limiter.limit) {
      this.refused++;
      return;
    }
    const worker = this.#freeAt.indexOf(Math.min(...this.#freeAt));
    const at = Math.max(this.now, this.#freeAt[worker]!) + serviceMs;
    this.#freeAt[worker] = at;
    this.#ends.push({ at, began: this.now, inFlight: this.#ends.length + 1 });
    this.#ends.sort((a, b) => a.at - b.at);
  }
}

/** Ten workers of 20 ms: 500 a second are what it can do. */
const server = (limits = {}) => new QueueServer(10, { initial: 20, min: 4, max: 400, ...limits });

test('under ten times the load it lets in about what can be done, does all of that, and keeps the queue short', () => {
  const it = server();
  it.run({ untilMs: 20_000, perSecond: 350, serviceMs: 20 });
  it.run({ untilMs: 30_000, perSecond: 5_000, serviceMs: 20 });
  const { goodput, slowestMs, refused } = it.run({ untilMs: 60_000, perSecond: 5_000, serviceMs: 20 });
  expect(goodput).toBeGreaterThan(490);
  expect(slowestMs).toBeLessThan(100);
  expect(refused / (goodput * 30)).toBeGreaterThan(8);
  expect(it.limiter.limit).toBeGreaterThanOrEqual(10);
  expect(it.limiter.limit).toBeLessThan(50);
});

test('minutes of overload do not become the measure', () => {
  const it = server();
  it.run({ untilMs: 20_000, perSecond: 350, serviceMs: 20 });
  it.run({ untilMs: 140_000, perSecond: 1_000, serviceMs: 20 });
  const { goodput, slowestMs } = it.run({ untilMs: 200_000, perSecond: 1_000, serviceMs: 20 });
  expect(goodput).toBeGreaterThan(490);
  expect(slowestMs).toBeLessThan(200);
});

test('it falls when the work becomes slow, and is back within seconds once it is fast again', () => {
  const it = server({ initial: 100 });
  it.run({ untilMs: 20_000, perSecond: 5_000, serviceMs: 10 });
  const before = it.limiter.limit;
  it.run({ untilMs: 30_000, perSecond: 5_000, serviceMs: 200 });
  expect(it.limiter.limit).toBeLessThan(before * 0.7);
  it.run({ untilMs: 35_000, perSecond: 5_000, serviceMs: 10 });
  const after = it.run({ untilMs: 37_000, perSecond: 5_000, serviceMs: 10 });
  expect(after.goodput).toBeGreaterThan(990);
});

test('it never starves: whatever the latency, the least stays, and never more than the most is let in', () => {
  const limiter = new AdaptiveLimit({ initial: 50, min: 8, max: 60, now: () => time });
  let time = 0;
  const feed = (latencyMs: (n: number) => number) => {
    for (let n = 0; n < 5_000; n++) {
      time += 10;
      limiter.sample(latencyMs(n), limiter.limit);
      expect(limiter.limit).toBeGreaterThanOrEqual(8);
      expect(limiter.limit).toBeLessThanOrEqual(60);
    }
  };
  feed(() => 5);
  expect(limiter.limit).toBe(60);
  feed((n) => 5 * 1.01 ** (n / 5));
  expect(limiter.limit).toBe(8);
  feed(() => 5);
  expect(limiter.limit).toBe(60);
});

test('latency that nobody minds is no queue: work that is done in batches is not held down', () => {
  const fed = (calmMs: number) => {
    let time = 0;
    const limiter = new AdaptiveLimit({ initial: 20, min: 4, max: 400, calmMs, now: () => time });
    const feed = (seconds: number, latencyMs: number) => {
      for (let n = 0; n < seconds * 100; n++) {
        time += 10;
        limiter.sample(latencyMs, limiter.limit);
      }
    };
    feed(10, 3);
    feed(10, 45);
    return limiter.limit;
  };
  expect(fed(0)).toBeLessThan(40);
  expect(fed(50)).toBeGreaterThan(200);
});

test('with most of it unused it stays where it is', () => {
  let time = 0;
  const limiter = new AdaptiveLimit({ initial: 20, min: 4, max: 400, now: () => time });
  for (let n = 0; n < 10_000; n++) {
    time += 10;
    limiter.sample(n % 2_000 < 1_000 ? 5 : 500, 9);
  }
  expect(limiter.limit).toBe(20);
});
