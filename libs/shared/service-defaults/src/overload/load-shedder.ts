import { Problem } from '../http/problem.ts';
import { counter, gauge } from '../runtime/metrics.ts';
import { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.ts';

/**
 * For work that is done in batches, of which never more than `max` may be under way: a tenth of a second is nothing to worry
 * about, nor is what a batch is held open for on purpose; and where it begins and how low it may fall leave batches large
 * enough for full throughput.
 */
export const batchLimits = (max: number, gatheredMs = 0): AdaptiveLimitOptions => ({
  initial: Math.min(512, max),
  min: Math.min(64, max),
  max,
  calmMs: 100 + gatheredMs,
});

/** What a request is about, the first to be refused first. */
export type Work = 'list' | 'read' | 'write';

/**
 * Up to which share of the limit each kind is let in. Lists go first: they cost most and are missed least. Then single
 * reads, which can be asked again and change nothing. What places or cancels an order has all of it: that is what
 * the shop lives on, and whoever wants to cancel must not be kept from it by people who look.
 */
const shares: Record<Work, number> = { list: 0.6, read: 0.8, write: 1 };

const shed = counter('ringshop_shed_total', 'Requests refused at once because too much is under way', [
  'where',
  'work',
]);
const shedders = new Set<LoadShedder>();
const perShedder = (name: string, help: string, value: (shedder: LoadShedder) => number) =>
  gauge(name, help, ['where'], function () {
    for (const shedder of shedders) this.set({ where: shedder.where }, value(shedder));
  });
perShedder(
  'ringshop_concurrency_limit',
  'How much may be under way at once, as learned from latency',
  (it) => it.limit,
);
perShedder('ringshop_concurrency_in_flight', 'How much is under way', (it) => it.inFlight);

/**
 * Refuses at once what could not be done in time, by an {@link AdaptiveLimit}. What is under way is work; a client that is
 * only held (a wait, an event stream) has to leave first. A refusal is no sample: it was fast because nothing was done.
 */
export class LoadShedder {
  readonly where: string;
  readonly #limit: AdaptiveLimit;
  #inFlight = 0;

  constructor(where: string, options: AdaptiveLimitOptions) {
    this.where = where;
    this.#limit = new AdaptiveLimit(options);
    shedders.add(this);
  }

  get limit(): number {
    return this.#limit.limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @throws Problem overloaded */
  require(work: Work): void {
    if (this.#inFlight < Math.max(1, shares[work] * this.#limit.limit)) return;
    shed.inc({ where: this.where, work });
    throw new Problem('overloaded');
  }

  /** Takes a place, to be left by {@link leave}. @throws Problem overloaded */
  enter(work: Work): void {
    this.require(work);
    this.#inFlight++;
  }

  /** @param tookMs absent when it says nothing of the load */
  leave(tookMs?: number): void {
    if (tookMs !== undefined) this.#limit.sample(tookMs, this.#inFlight);
    this.#inFlight--;
  }

  /** Does some work in a place of its own. How fast something failed is no measure. @throws Problem overloaded */
  async run<T>(work: Work, task: () => Promise<T>): Promise<T> {
    this.enter(work);
    const began = performance.now();
    let tookMs: number | undefined;
    try {
      const done = await task();
      tookMs = performance.now() - began;
      return done;
    } finally {
      this.leave(tookMs);
    }
  }

  close(): void {
    shedders.delete(this);
  }
}
