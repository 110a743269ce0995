import { LRUCache } from 'lru-cache';
import { Principal } from './principal.ts';
import type { Rate } from './rate.ts';
import type { SharedCounts } from './shared-counts.ts';
import { Tariff, type Verdict } from './tariff.ts';

/** Who is forgotten while Redis is away begins anew. About 10 MB when all are in use. */
const mostKnown = 50_000;

/**
 * One limit for each principal, counted in Redis for all gateways together.
 *
 * Who is far from the limit does not wait for Redis: up to half of the limit, and a tenth of it at a time, is let in at once
 * and counted some milliseconds later. From there on each request waits for its count, which is exact, and who is over the
 * limit is refused without asking. So n gateways let in at most n - 1 tenths more than the limit, and only when all are
 * hit within those milliseconds; and what is too little to be told (see {@link Tariff.quiet}), a twentieth for each
 * other gateway. A limit below 10 is always exact.
 *
 * While Redis is away each gateway counts by itself: the limit then holds for each of them.
 */
export class RateLimit {
  readonly #prefix: string;
  readonly #tariff: Tariff;
  readonly #mostUntold: number;
  readonly #farMs: number;
  readonly #known = new LRUCache<string, Principal>({ max: mostKnown });
  readonly #shared: SharedCounts | undefined;

  /** @param prefix of its keys in Redis */
  constructor(prefix: string, rate: Rate, shared?: SharedCounts) {
    this.#prefix = prefix;
    this.#tariff = new Tariff(rate);
    this.#mostUntold = Math.floor(rate.limit / 10);
    this.#farMs = this.#tariff.mostUs / 2_000;
    this.#shared = shared;
  }

  take(id: string, now = performance.now()): Verdict | Promise<Verdict> {
    const principal = this.#of(id);
    const owedMs = principal.owedMs(now);
    // Over the limit by what is known here: others can only have added to it.
    if (!this.#shared?.available || this.#tariff.left(owedMs) < 1) return principal.take(now);
    if (owedMs < this.#farMs && principal.untold < this.#mostUntold) {
      if (!principal.keep(now)) this.#shared.tell(principal);
      return principal.take(now);
    }
    return this.#shared.ask(principal);
  }

  #of(id: string): Principal {
    let principal = this.#known.get(id);
    if (principal === undefined) {
      principal = new Principal(this.#prefix + id, this.#tariff);
      this.#known.set(id, principal);
    }
    return principal;
  }
}
