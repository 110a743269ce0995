export interface AdaptiveLimitOptions {
  initial: number;
  min: number;
  max: number;
  /** An average latency up to this is never taken for a queue, however fast the work is when nothing else is under way. */
  calmMs?: number;
  /** Samples of so long are judged together. */
  windowMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

const fewestSamples = 10;
/** Latency may be this much above its long average before it says that there is a queue. */
const tolerance = 1.5;
/** The share of one window's verdict that is followed; the rest is what was believed before. */
const smoothing = 0.2;
/** Windows that the long average spans, towards a shorter time and towards a longer one; the first few are plainly averaged. */
const spanDown = 600;
const spanUp = 1_500;
const warmUpWindows = 10;

/**
 * How much may be under way at once, learned from how long it takes: Gradient2 of Netflix's concurrency-limits
 * (https://github.com/Netflix/concurrency-limits, `Gradient2Limit.java`). Latency well above its long average is a queue, and
 * the limit falls by their ratio; otherwise it grows by the root of itself, which keeps a short queue in front of the work.
 *
 * Ours are `calmMs`, because work that is done in batches takes longer when there is more of it and is no worse for it; and
 * that the long average forgets a slow time quickly and a fast one slowly, so that minutes of overload do not become the
 * measure. The limit says nothing about who is let in: that is for whoever asks.
 */
export class AdaptiveLimit {
  readonly #options: Required<AdaptiveLimitOptions>;
  #limit: number;
  #longMs = 0;
  #windows = 0;
  #windowEnds = 0;
  #count = 0;
  #sumMs = 0;
  #mostInFlight = 0;

  constructor(options: AdaptiveLimitOptions) {
    this.#options = { calmMs: 0, windowMs: 100, now: () => performance.now(), ...options };
    this.#limit = options.initial;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** @param inFlight how much was under way, itself included */
  sample(latencyMs: number, inFlight: number): void {
    this.#count++;
    this.#sumMs += latencyMs;
    if (inFlight > this.#mostInFlight) this.#mostInFlight = inFlight;
    if (this.#count < fewestSamples) return;
    const now = this.#options.now();
    if (now < this.#windowEnds) return;
    this.#judge(this.#sumMs / this.#count);
    this.#windowEnds = now + this.#options.windowMs;
    this.#count = this.#sumMs = this.#mostInFlight = 0;
  }

  #judge(shortMs: number): void {
    const { min, max, calmMs } = this.#options;
    this.#learn(shortMs);
    // With half of it unused the limit is not what latency depends on, and growing would say nothing.
    if (this.#mostInFlight < this.#limit / 2) return;
    const gradient = clamp((tolerance * Math.max(this.#longMs, calmMs)) / shortMs, 0.5, 1);
    const wanted = this.#limit * gradient + Math.max(4, Math.sqrt(this.#limit));
    this.#limit = clamp(this.#limit * (1 - smoothing) + wanted * smoothing, min, max);
  }

  #learn(shortMs: number): void {
    this.#windows++;
    const span = this.#windows <= warmUpWindows ? this.#windows : shortMs > this.#longMs ? spanUp : spanDown;
    this.#longMs += (shortMs - this.#longMs) / span;
    if (this.#longMs > 2 * shortMs) this.#longMs *= 0.95;
  }
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));
