export interface QueueLimitOptions {
  initial: number;
  min: number;
  max: number;
  /** How long an order may wait in queues, on top of what it takes when nothing waits. Milliseconds. */
  queueMs: number;
}

const windowMs = 100;
const fewestSamples = 8;
/** A window that gets too few samples ends nevertheless. */
const longestWindowMs = 1_000;
const growth = 1.1;
const fewMs = 60_000;
/**
 * Of minutes. A base older than that was another system's: another provider, another load of the machine. For so long one
 * that became slower by more than `queueMs` is taken for a queue, and orders are refused that could be done.
 */
const history = 3;
/** Times `queueMs`. What takes longer with hardly anything else under way is no slow system but a broken one. */
const slowestBase = 10;

/**
 * How many orders may be under way, so that a new one is decided in time: the capacity of whatever is slowest behind here,
 * found by nothing but how long orders took. Pure; the caller has the clock (milliseconds, monotonic).
 *
 * By Little's law an order that found `n` others under way and took `d` saw a capacity of `n / d`. So many fit into the time
 * that one may take: the base, i.e. the least it took lately, and `queueMs`. That the allowed queue is a time, and not a
 * multiple of the base as in Netflix' Gradient, is LEDBAT's idea (RFC 6817): batches make the system several times as fast
 * when more is under way, so a limit that fears twice the base would keep it slow.
 *
 * With as few as are let in whatever happens there is no queue, so what they take is the base, also when it is more than it
 * was: else a machine that became slower for another reason would look like a queue that no limit is small enough for.
 *
 * A queue that never drains would be taken for the base in the end. So once a minute, unless the base was seen anyway, few
 * are let in for a moment (RFC 6817 leaves this out; LEDBAT++ has it as "slowdown").
 */
export class QueueLimit {
  readonly #options: QueueLimitOptions;
  #limit: number;
  #minima: { since: number; ms: number }[] = [];
  #delays: number[] = [];
  #capacities: number[] = [];
  #opened: number | undefined;
  #used = 0;
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
  sample(tookMs: number, found: number, now: number): void {
    this.#opened ??= now;
    this.#delays.push(tookMs);
    this.#capacities.push((found + 1) / tookMs);
    this.#used = Math.max(this.#used, found + 1);
    const age = now - this.#opened;
    if (age >= longestWindowMs || (age >= windowMs && this.#delays.length >= fewestSamples)) this.#close(now);
  }

  get #base(): number {
    return Math.min(...this.#minima.map(({ ms }) => ms));
  }

  get #allowed(): number {
    return this.#base + this.#options.queueMs;
  }

  #close(now: number): void {
    const { min, max, queueMs } = this.#options;
    const delay = median(this.#delays);
    this.#remember(delay, now);
    if (this.#limit === min && delay > this.#allowed)
      this.#minima = [{ since: now, ms: Math.min(delay, slowestBase * queueMs) }];
    const fits = median(this.#capacities) * this.#allowed;
    if (delay > this.#allowed) this.#limit = Math.max(this.#limit / 2, Math.min(this.#limit, fits));
    else if (this.#used * 2 > this.#limit) this.#limit *= Math.min(growth, this.#allowed / delay);
    this.#limit = Math.min(max, Math.max(min, this.#limit));
    this.#delays = [];
    this.#capacities = [];
    this.#opened = undefined;
    this.#used = 0;
  }

  #remember(delay: number, now: number): void {
    const latest = this.#minima.at(-1);
    if (latest && now - latest.since < fewMs) latest.ms = Math.min(latest.ms, delay);
    else this.#minima = [...this.#minima, { since: now, ms: delay }].slice(-history);
    if (this.#baseSeen === undefined || delay < this.#base + this.#options.queueMs / 4) this.#baseSeen = now;
    if (now - this.#baseSeen < fewMs) return;
    this.#baseSeen = now;
    // The queue drains in the first half, and whoever is let in in the second one finds it empty.
    this.#slowUntil = now + 2 * this.#allowed;
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
