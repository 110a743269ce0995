export interface QueueLimitOptions {
  initial: number;
  min: number;
  max: number;
  /** How long an order may wait in queues, on top of what it takes when nothing waits. Milliseconds. */
  queueMs: number;
  /** What takes longer with hardly anything else under way is no slow system but a broken one. Milliseconds. */
  brokenMs: number;
}

const windowMs = 100;
const fewestSamples = 8;
/** A window that gets too few samples ends nevertheless. */
const longestWindowMs = 1_000;
const fewMs = 60_000;
/** Of minutes in which there were orders. A base older than that was another system's: another provider, another load of the machine. */
const history = 3;
/** Orders have been late for so long when it falls. A pause, of a collector or a disk, is over by then, a queue is not. */
const lateMs = 300;
/** For so long at the least limit, and late all the time: what then makes orders late is no queue of this replica's. */
const emptiedMs = 3_000;

interface Sample {
  endedAt: number;
  tookMs: number;
  found: number;
  whose: string;
}

/**
 * How many orders may be under way, so that a new one is decided in time: the capacity of whatever is slowest behind here,
 * found by nothing but how long orders took. Pure; the caller has the clock (milliseconds, monotonic).
 *
 * By Little's law an order that found `n` others under way and took `d` saw a capacity of `n / d`. So many fit into the time
 * that one may take: the base, i.e. the least it took lately, and `queueMs`. That the allowed queue is a time, and not a
 * multiple of the base as in Netflix' Gradient, is LEDBAT's idea (RFC 6817): batches make the system several times as fast
 * when more is under way, so a limit that fears twice the base would keep it slow.
 *
 * Each customer counts once in a window, by the median: else one whose own bank is slow would be taken for everybody's queue.
 *
 * It rises only by what orders took that came in after its last change, once in the time that an order takes: a queue shows
 * only when those come out that stand in it, and a limit that goes on rising meanwhile overshoots (congestion windows grow
 * once a round trip for the same reason). It may fall at once, since what it falls to is the capacity, which is no lag's doing.
 *
 * With as few as are let in whatever happens there is no queue, so what they take is the base, also when it is more than it
 * was, unless another replica's queue is only just draining: else a machine that became slower for another reason would look
 * like a queue that no limit is small enough for.
 *
 * A queue that never drains would be taken for the base in the end. So once a minute, unless it was empty anyway, few are
 * let in for a moment (RFC 6817 leaves this out; LEDBAT++ has it as "slowdown").
 */
export class QueueLimit {
  readonly #options: QueueLimitOptions;
  #limit: number;
  /** What orders took in the latest window, by the median. Milliseconds; 0 before the first. */
  latestMs = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  #lateSince: number | undefined;
  #emptiedSince: number | undefined;
  #minima: { since: number; ms: number }[] = [];
  #samples: Sample[] = [];
  #baseSeen: number | undefined;
  #slowUntil = 0;

  constructor(options: QueueLimitOptions) {
    this.#options = options;
    this.#limit = options.initial;
  }

  limit(now: number): number {
    const { min } = this.#options;
    if (now >= this.#slowUntil) return Math.floor(this.#limit);
    return Math.max(min, Math.floor((this.#limit * this.#base) / (2 * this.#allowed)));
  }

  /** @param tookMs from being let in until it was decided  @param found how many were under way when it was let in */
  sample(tookMs: number, found: number, now: number, whose = ''): void {
    this.#samples.push({ endedAt: now, tookMs, found, whose });
    const age = now - this.#samples[0]!.endedAt;
    if (age >= longestWindowMs || (age >= windowMs && this.#samples.length >= fewestSamples)) this.#close(now);
  }

  get #base(): number {
    return Math.min(...this.#minima.map(({ ms }) => ms));
  }

  get #allowed(): number {
    return this.#base + this.#options.queueMs;
  }

  #close(now: number): void {
    const delay = this.#typical;
    this.latestMs = delay;
    this.#remember(delay, now);
    const late = delay > this.#allowed;
    this.#rebase(late, delay, now);
    this.#lateSince = late ? (this.#lateSince ?? this.#samples[0]!.endedAt) : undefined;
    if (this.#lateSince !== undefined && now - this.#lateSince >= lateMs && this.#mayQueue) this.#fall(delay, now);
    else if (!late && this.#used * 2 > this.#limit && this.#isFresh) this.#rise(delay, now);
    this.#samples = [];
  }

  /** The most that were under way in this window. */
  get #used(): number {
    return Math.max(...this.#samples.map(({ found }) => found)) + 1;
  }

  /** One slow payment at a quiet time says nothing about the crowd that comes after it. */
  get #mayQueue(): boolean {
    return this.#used > this.#options.min;
  }

  /** Whether most of this window came in after the last change. */
  get #isFresh(): boolean {
    const fresh = this.#samples.filter(({ endedAt, tookMs }) => endedAt - tookMs >= this.#changedAt);
    return fresh.length * 2 > this.#samples.length;
  }

  /** Those of a crowd that came at once found none to all of it and were done together: the capacity is seen by the last of them. */
  #fall(delay: number, now: number): void {
    const fits = (this.#used / delay) * this.#allowed;
    this.#change(Math.min(this.#limit, Math.max(Math.min(this.#limit, this.#used) / 2, fits)), now);
  }

  /** By the share of the queue that is left, and at most by a root: so the one that has less of it gains more, of several replicas. */
  #rise(delay: number, now: number): void {
    const left = (this.#allowed - delay) / this.#options.queueMs;
    this.#change(this.#limit + Math.min(2 * Math.sqrt(this.#limit), this.#limit * left), now);
  }

  /** What an order took, each customer counted once. */
  get #typical(): number {
    const customers = Map.groupBy(this.#samples, ({ whose }) => whose).values();
    return median([...customers].map((samples) => median(samples.map(({ tookMs }) => tookMs))));
  }

  #change(to: number, now: number): void {
    const { min, max } = this.#options;
    this.#limit = Math.min(max, Math.max(min, to));
    this.#changedAt = now;
  }

  #rebase(late: boolean, delay: number, now: number): void {
    if (!late || Math.floor(this.#limit) > this.#options.min) this.#emptiedSince = undefined;
    else this.#emptiedSince ??= now;
    if (this.#emptiedSince === undefined || now - this.#emptiedSince < emptiedMs) return;
    this.#minima = [{ since: now, ms: Math.min(delay, this.#options.brokenMs) }];
  }

  #remember(delay: number, now: number): void {
    const latest = this.#minima.at(-1);
    if (latest && now - latest.since < fewMs) latest.ms = Math.min(latest.ms, delay);
    else this.#minima = [...this.#minima, { since: now, ms: delay }].slice(-history);
    const { min, queueMs } = this.#options;
    const drained = this.#samples.some(({ found }) => found < min) || delay < this.#base + queueMs / 4;
    if (this.#baseSeen === undefined || drained) this.#baseSeen = now;
    if (now - this.#baseSeen < fewMs) return;
    this.#baseSeen = now;
    // The queue drains in the first half, and whoever is let in in the second one finds it empty.
    this.#slowUntil = now + 2 * this.#allowed;
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
