import { readFileSync } from 'node:fs';
import { askRedis, createRedis, type Logger, type Redis } from '@ringshop/service-defaults';
import type { Count, Principal } from './principal.ts';
import type { Verdict } from './tariff.ts';

// The path leads from `src` and from `dist` to the same file: the compiler carries no .lua over.
const lua = readFileSync(new URL('../../src/rate-limits/consume.lua', import.meta.url), 'utf8');

/** Redis runs one script at a time, and stock locks may be waiting behind it: this many take about a millisecond. */
const mostInOneCall = 250;
/** How long those that nobody waits for are gathered. */
const gatherMs = 20;

type WithScript = Redis & { consume(keys: number, ...args: (string | number)[]): Promise<number[]> };

/**
 * The counts that all gateways share, in Redis. One call is under way at a time, and takes all that came in during the one
 * before: under load a request costs a few bytes of a call, not a call. Redis counts a call atomically.
 */
export class SharedCounts {
  readonly #redis: Redis;
  /** With something to count, each once. */
  #next = new Set<Principal>();
  #waitedFor = false;
  #sending = false;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;

  constructor(url: string, logger?: Logger) {
    const scripts = { consume: { lua } };
    const whileAway = 'each gateway counts requests by itself';
    this.#redis = createRedis(url, { logger, scripts, whileAway, commandTimeoutMs: 200 });
  }

  open(): void {
    // Why it failed is told by the connection itself, which goes on trying.
    this.#redis.connect().catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#redis.disconnect();
  }

  get available(): boolean {
    return this.#redis.status === 'ready';
  }

  /** It was let in once more: counted within {@link gatherMs}. */
  tell(principal: Principal): void {
    // Most of the time it has been told of already, and there is nothing more to do.
    if (principal.tell()) return;
    this.#next.add(principal);
    this.#schedule();
  }

  /** Waits for its count: at the next turn of the event loop, or when the call that is under way is over. */
  ask(principal: Principal): Promise<Verdict> {
    this.#next.add(principal);
    this.#waitedFor = true;
    this.#schedule();
    return principal.ask();
  }

  #schedule(): void {
    if (this.#sending) return;
    if (this.#waitedFor) this.#soon ??= setImmediate(() => void this.#send());
    else this.#timer ??= setTimeout(() => void this.#send(), gatherMs).unref();
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    this.#sending = true;
    const now = performance.now();
    const counts = Array.from(this.#next, (principal) => principal.takeCount(now));
    this.#next.clear();
    this.#waitedFor = false;
    for (let at = 0; at < counts.length; at += mostInOneCall) await this.#call(counts.slice(at, at + mostInOneCall));
    this.#sending = false;
    if (this.#next.size > 0) this.#schedule();
  }

  async #call(counts: Count[]): Promise<void> {
    const keys = counts.map(({ principal }) => principal.key);
    const args = counts.map(({ principal: { tariff }, told, asking }) => `${tariff.text}:${told}:${asking.length}`);
    const sentAt = performance.now();
    const answers = await askRedis(this.#redis, (redis) =>
      (redis as WithScript).consume(keys.length, ...keys, ...args),
    );
    for (let at = 0; at < counts.length; at++) {
      const [granted, owedUs] = [answers?.[2 * at], answers?.[2 * at + 1]];
      const answered = granted !== undefined && owedUs !== undefined;
      counts[at]!.principal.settle(counts[at]!, answered ? { granted, owedMs: owedUs / 1_000, sentAt } : undefined);
    }
  }
}
