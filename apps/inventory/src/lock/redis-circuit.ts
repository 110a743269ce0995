import { once } from 'node:events';
import type { Redis } from '@ringshop/service-defaults';
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleType,
} from 'cockatiel';

/** Redis gave no usable answer: nobody knows whether the lock was taken, and nothing may be done under it. */
export class LockUnavailable extends Error {
  override name = 'LockUnavailable';

  /** @param asked whether Redis was asked at all, and may have done it */
  constructor(
    message: string,
    readonly asked: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Longer than any pause of the breaker: a trial that comes too early tells nothing. */
const trialEveryMs = 2_500;

/**
 * Asks Redis, and does not let the work pay for a Redis that is away, hangs, or refuses (out of memory, read-only): one
 * batch finds out, and until a trial has succeeded all others are told at once. The pause between trials grows to 2 s,
 * which is also how long work goes on without Redis after it has come back.
 */
export class RedisCircuit {
  readonly #redis: Redis;
  readonly #reconnectMs: number;
  /** One failure is enough to open it: that is two commands without an answer, and a new connection between them. */
  readonly #breaker = circuitBreaker(handleType(LockUnavailable), {
    breaker: new ConsecutiveBreaker(1),
    halfOpenAfter: new ExponentialBackoff({ initialDelay: 100, maxDelay: 2_000 }),
  });
  readonly #trial: () => Promise<unknown>;
  #nextTrial: NodeJS.Timeout | undefined;

  /**
   * @param reconnectMs how long to wait for a lost connection before Redis counts as away
   * @param trial asks something that a Redis which refuses to write refuses too
   */
  constructor(redis: Redis, reconnectMs: number, trial: () => Promise<unknown>) {
    this.#redis = redis;
    this.#reconnectMs = reconnectMs;
    this.#trial = trial;
    this.#breaker.onBreak(() => this.#tryLater());
    redis.on('ready', () => this.#tryLater());
  }

  get closed(): boolean {
    return this.#redis.status === 'ready' && this.#breaker.state === CircuitState.Closed;
  }

  /** Called whenever `closed` may have changed, also while nobody asks. */
  onChange(listener: () => void): void {
    this.#redis.on('ready', listener);
    this.#redis.on('reconnecting', listener);
    this.#breaker.onStateChange(listener);
  }

  /** @throws LockUnavailable */
  async ask<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#redis.status !== 'ready') throw new LockUnavailable('Redis is not connected', false);
    try {
      return await this.#breaker.execute(() => this.#askTwice(ask));
    } catch (cause) {
      if (cause instanceof BrokenCircuitError)
        throw new LockUnavailable('Redis gave no answer lately', false, { cause });
      throw cause;
    }
  }

  /** Also when nobody has work: a quiet shop would go on telling that Redis is away. */
  #tryLater(): void {
    clearTimeout(this.#nextTrial);
    this.#nextTrial = setTimeout(() => {
      if (this.#redis.status !== 'ready' || this.#breaker.state === CircuitState.Closed) return;
      this.ask(this.#trial).catch(() => this.#tryLater());
    }, trialEveryMs).unref();
  }

  /**
   * An answer can get lost after the script ran. Then the connection is given up, because what it still delivers may
   * belong to an earlier command, and the same request is asked again on a new one: it finds its own locks.
   */
  async #askTwice<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch {
      const reconnected = once(this.#redis, 'ready', { signal: AbortSignal.timeout(this.#reconnectMs) });
      this.#redis.stream.destroy();
      try {
        await reconnected;
        return await ask();
      } catch (cause) {
        throw new LockUnavailable('Redis does not answer', true, { cause });
      }
    }
  }
}
