export interface QueueLimitOptions {
  initial: number;
  min: number;
  max: number;
  /** How long an order may wait in queues, on top of what it takes when nothing waits; longer where few are under way. Milliseconds. */
  queueMs: number;
  /** What takes longer with hardly anything else under way is no slow system but a broken one. Milliseconds. */
  brokenMs: number;
}

const windowMs = 100;
const fewestSamples = 8;
/** A window that gets too few samples ends nevertheless. */
const longestWindowMs = 1_000;
/** At each full minute of the clock, which all replicas have in common: what one drains, the others would fill. */
const minuteMs = 60_000;
/** So many are let in then, where there has been a queue for so long. */
const few = 2;
const standingMs = 10_000;
/** Of what orders took just before. Who then takes so long has met no queue; who takes less may have met another replica's. */
const unchangedShare = 0.75;
/** Of minutes in which there were orders. A base older than that was another system's: another provider, another load of the machine. */
const history = 3;
/** From so many under way on a replica has no more than `queueMs`, below of it up to half as much again. */
const manyUnderWay = 64;
/** From the first late order to the last, when it falls. A pause, of a collector, a disk or a rebalance, is over by then, a queue is not. */
const lateMs = 250;
/** For so long at the least limit, and late all the time: what then makes orders late is no queue of this replica's. */
const emptiedMs = 3_000;

/** Of the clock, in milliseconds. */
interface Span {
  since: number;
  until: number;
}

interface Minute {
  began: number;
  /** Few are let in for twice as long, so that those of the second half find no queue. 0 where none had to drain. */
  drainMs: number;
  /** What orders took just before. */
  beforeMs: number;
  /** The least that one took who found none. */
  foundMs?: number;
}

/** An order that was decided. Milliseconds. */
export interface Sample {
  endedAt: number;
  /** From being let in until it was decided. */
  tookMs: number;
  /** Of that, how long it stood at the entrance so that others could come along: that is no queue. */
  gatheredMs?: number;
  /** How many were under way when it was let in. */
  found: number;
  whose?: string;
}

/**
 * How many orders may be under way, so that a new one is decided in time: the capacity of whatever is slowest behind here,
 * found by nothing but how long orders took. Pure; the caller has the clock: ms of the wall clock, that never goes back.
 *
 * By Little's law an order that found `n` others under way and took `d` saw a capacity of `n / d`. So many fit into the time
 * that one may take: the base, i.e. the least it took lately, and `queueMs`, and what it is gathered for, which is no queue.
 * That the allowed queue is a time, and not a multiple of the base as in Netflix' Gradient, is LEDBAT's idea (RFC 6817):
 * batches make the system several times as fast when more is under way, so a limit that fears twice the base would keep it slow.
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
 * Several replicas make one queue, and each has its own idea of the base. Whoever thinks it less would give way until it had
 * nothing, so the fewer a replica has under way, the longer may its orders wait (Kumar et al., Swift, SIGCOMM 2020, 3.5).
 *
 * A queue that never drains would be taken for the base in the end, and a replica that comes later never sees it empty. So at
 * each full minute, where there is one, all replicas let in few at once, and learn the base from those who then find none
 * (RFC 6817 leaves this out; LEDBAT++ has it as "slowdown", but everybody for itself).
 */
export class QueueLimit {
  readonly #options: QueueLimitOptions;
  #limit: number;
  /** Of the latest window, by the median: what orders took without what they were gathered for, and that. Milliseconds. */
  #latestMs = 0;
  #gatheredMs = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  /** The first and the last order that was late, of the latest windows that all were. */
  #late: Span | undefined;
  #emptiedSince: number | undefined;
  #minima: { since: number; ms: number }[] = [];
  #samples: Sample[] = [];
  /** The latest windows that always had a queue. */
  #queue: Span | undefined;
  #minute: Minute = { began: 0, drainMs: 0, beforeMs: 0 };

  constructor(options: QueueLimitOptions) {
    this.#options = options;
    this.#limit = options.initial;
  }

  limit(now: number): number {
    const { began, drainMs } = this.#minuteAt(now);
    return now < began + 2 * drainMs ? few : Math.floor(this.#limit);
  }

  sample(one: Sample): void {
    this.#foundEmpty(one);
    this.#samples.push(one);
    const now = one.endedAt;
    const age = now - this.#samples[0]!.endedAt;
    if (age >= longestWindowMs || (age >= windowMs && this.#samples.length >= fewestSamples)) this.#close(now);
  }

  /** What an order takes, without what it is gathered for, when it meets no queue. Infinity before one was seen. */
  get leastMs(): number {
    return Math.min(...this.#minima.map(({ ms }) => ms));
  }

  get #allowed(): number {
    const share = 1 / Math.sqrt(this.#limit) - 1 / Math.sqrt(manyUnderWay);
    return this.leastMs + this.#options.queueMs * (1 + 2 * Math.max(0, share));
  }

  #close(now: number): void {
    const delay = this.#typical(wayMs);
    this.#latestMs = delay;
    this.#gatheredMs = this.#typical(({ gatheredMs = 0 }) => gatheredMs);
    this.#remember(delay, now);
    const late = delay > this.#allowed;
    this.#late = late ? this.#lateOnes : undefined;
    this.#rebase(late, delay, now);
    if (this.#late && this.#late.until - this.#late.since >= lateMs && this.#mayQueue) this.#fall(delay, now);
    // Half of it is all that one who is alone may have.
    else if (!late && this.#used * 2 >= Math.floor(this.#limit) && this.#isFresh) this.#rise(delay, now);
    this.#samples = [];
  }

  /** From order to order: after a pause all come out at once, and that the window lasted as long as the pause says nothing. */
  get #lateOnes(): Span {
    const allowed = this.#allowed;
    const late = this.#samples.filter((one) => wayMs(one) > allowed);
    return { since: this.#late?.since ?? late[0]!.endedAt, until: late.at(-1)!.endedAt };
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
    const fits = (this.#used / (this.#gatheredMs + delay)) * (this.#gatheredMs + this.#allowed);
    this.#change(Math.min(this.#limit, Math.max(Math.min(this.#limit, this.#used) / 2, fits)), now);
  }

  /** By the share of the queue that is left, and at most by a root: so the one that has less of it gains more, of several replicas. */
  #rise(delay: number, now: number): void {
    const left = (this.#allowed - delay) / this.#options.queueMs;
    this.#change(this.#limit + Math.min(2 * Math.sqrt(this.#limit), this.#limit * left), now);
  }

  /** By the median, each customer counted once. */
  #typical(ms: (one: Sample) => number): number {
    const customers = Map.groupBy(this.#samples, ({ whose }) => whose).values();
    return median([...customers].map((samples) => median(samples.map(ms))));
  }

  #change(to: number, now: number): void {
    const { min, max } = this.#options;
    this.#limit = Math.min(max, Math.max(min, to));
    this.#changedAt = Math.max(this.#changedAt, now);
  }

  #rebase(late: boolean, delay: number, now: number): void {
    if (!late || Math.floor(this.#limit) > this.#options.min) this.#emptiedSince = undefined;
    else this.#emptiedSince ??= now;
    if (this.#emptiedSince === undefined || now - this.#emptiedSince < emptiedMs) return;
    this.#rebaseTo(delay, now);
  }

  /** Takes this for the base, whatever it was. */
  #rebaseTo(ms: number, now: number): void {
    this.#minima = [{ since: now, ms: Math.min(ms, this.#options.brokenMs) }];
  }

  #remember(delay: number, now: number): void {
    const latest = this.#minima.at(-1);
    if (latest && now - latest.since < minuteMs) latest.ms = Math.min(latest.ms, delay);
    else this.#minima = [...this.#minima, { since: now, ms: delay }].slice(-history);
    const { min, queueMs } = this.#options;
    const drained = this.#samples.some(({ found }) => found < min) || delay < this.leastMs + queueMs / 4;
    this.#queue = drained ? undefined : { since: this.#queue?.since ?? now, until: now };
  }

  #foundEmpty(one: Sample): void {
    const now = one.endedAt;
    const minute = this.#minuteAt(now);
    const cameMs = now - one.tookMs - minute.began;
    if (cameMs < minute.drainMs || cameMs >= 2 * minute.drainMs) return;
    minute.foundMs = Math.min(wayMs(one), minute.foundMs ?? Number.POSITIVE_INFINITY);
    if (minute.foundMs > unchangedShare * minute.beforeMs) this.#rebaseTo(minute.foundMs, now);
  }

  #minuteAt(now: number): Minute {
    const began = now - (now % minuteMs);
    if (began === this.#minute.began) return this.#minute;
    const { since, until } = this.#queue ?? { since: began, until: began };
    const drainMs =
      until - since >= standingMs && began - until < 2 * longestWindowMs ? this.#gatheredMs + this.#allowed : 0;
    this.#minute = { began, drainMs, beforeMs: this.#latestMs };
    // Who comes before the queue is there again finds room that there is not.
    if (drainMs > 0) this.#changedAt = began + 3 * drainMs;
    return this.#minute;
  }
}

/** Queues are on the way. */
const wayMs = ({ tookMs, gatheredMs = 0 }: Sample) => tookMs - gatheredMs;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
