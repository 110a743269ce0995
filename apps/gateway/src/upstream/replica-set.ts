import type { Readable } from 'node:stream';
import { Breaker, batchLimits, counter, LoadShedder, Problem } from '@ringshop/service-defaults';
import {
  type Answer,
  type Exchange,
  exchange,
  exchangeStream,
  leftOf,
  type Tries,
  type UpstreamRequest,
} from './exchange.ts';
import { Pushback } from './pushback.ts';
import { classify, type Failure, healthOf, isRepeatable, placesOrder, Replica, tell } from './replica.ts';
import { RetryBudget } from './retry-budget.ts';

const failures = counter('gateway_upstream_failures_total', 'Requests to a replica that failed', ['target', 'kind']);
const retries = counter('gateway_upstream_retries_total', 'Requests that were asked once more', ['target']);
const opened = counter('gateway_upstream_opened_total', 'Breakers that opened', ['target', 'of']);

/**
 * The replicas of one shard, or of inventory: what goes wrong here stays here. The one with the fewest requests under way
 * is asked. Another one is, where the first cannot be reached; and once more, where the call may be repeated and the budget
 * allows, where an answer got lost or the replica says that it is away. What took too long is not asked again: it may
 * still be under way. Nothing below repeats anything.
 *
 * A replica that fails in a row is left out for a growing time, never more than half of them; one that cannot be reached for
 * half a second. When nobody else is left they are asked all the same: the other one may stop just when they are well again.
 * For the rest there is the breaker over all of them, behind which everybody is told at once. While all are full orders are
 * refused here ({@link Pushback}). The limit is one of requests that are worked on:
 * streams and waits have to find room and then take none, since the shard counts what they write.
 */
export class ReplicaSet {
  readonly #name: string;
  readonly #replicas: Replica[];
  readonly #timeoutMs: number;
  readonly #maxHeld: number;
  #heldNow = 0;
  #turn = 0;
  readonly #pushback: Pushback;
  readonly #load: LoadShedder;
  readonly #breaker = new Breaker({ failures: 5, minMs: 500, maxMs: 4_000 });
  readonly #budget = new RetryBudget();

  /** @param options `gatheredMs`: for how long orders are held back so that others come along, which is no overload */
  constructor(name: string, urls: string[], options: { timeoutMs: number; maxInFlight: number; gatheredMs?: number }) {
    const { timeoutMs, maxInFlight: max, gatheredMs } = options;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#maxHeld = max * urls.length;
    this.#replicas = urls.map((url) => new Replica(url, timeoutMs));
    this.#pushback = new Pushback(name, this.#replicas);
    this.#load = new LoadShedder(name, batchLimits(max, gatheredMs));
    for (const which of ['replica', 'all']) opened.inc({ target: name, of: which }, 0);
  }

  /** @throws Problem shard-unavailable, overloaded or deadline-exceeded */
  send(request: UpstreamRequest, tries: Tries = {}): Promise<Answer> {
    return request.holdMs === undefined
      ? this.#counted(request, tries, exchange)
      : this.#held(request, tries, exchange);
  }

  /** As {@link send}, for answers that never end. */
  stream(request: UpstreamRequest, tries: Tries = {}): Promise<Answer<Readable>> {
    return this.#held(request, tries, exchangeStream);
  }

  /** For the gateway's own question, which has to be asked of what may only be starting: it judges nobody, and takes any answer. */
  async probe(path: string): Promise<Answer> {
    let cause: unknown;
    for (const { pool } of this.#replicas) {
      try {
        const request: UpstreamRequest = { method: 'GET', path };
        return await exchange(pool, request, leftOf(request, this.#timeoutMs, 0));
      } catch (error) {
        cause = error;
      }
    }
    throw new Problem('shard-unavailable', { cause });
  }

  async close(): Promise<void> {
    this.#load.close();
    await Promise.all(this.#replicas.map(({ pool }) => pool.destroy()));
  }

  async #held<B>(request: UpstreamRequest, tries: Tries, exchange: Exchange<B>): Promise<Answer<B>> {
    if (request.work) this.#load.require(request.work);
    if (this.#heldNow >= this.#maxHeld) throw new Problem('overloaded');
    this.#heldNow++;
    try {
      return await this.#ask(request, tries, exchange);
    } finally {
      this.#heldNow--;
    }
  }

  async #counted<B>(request: UpstreamRequest, tries: Tries, exchange: Exchange<B>): Promise<Answer<B>> {
    if (request.work === undefined) return this.#ask(request, tries, exchange);
    this.#load.enter(request.work);
    const began = performance.now();
    let tookMs: number | undefined;
    try {
      const answer = await this.#ask(request, tries, exchange);
      // A refusal was fast because nothing was done.
      if (answer.status !== 503) tookMs = performance.now() - began;
      return answer;
    } catch (error) {
      if (classify((error as Error).cause) === 'too-slow') tookMs = performance.now() - began;
      throw error;
    } finally {
      this.#load.leave(tookMs);
    }
  }

  async #ask<B>(request: UpstreamRequest, tries: Tries, exchange: Exchange<B>): Promise<Answer<B>> {
    tries.began ??= performance.now();
    if (placesOrder(request)) this.#pushback.require();
    this.#budget.deposit();
    if (!this.#breaker.enter()) throw this.#unavailable(this.#breaker.leftMs);
    try {
      const answer = await this.#askReplicas(request, tries, exchange);
      const health = healthOf(answer);
      if (health === 'away') this.#failed();
      else tell(this.#breaker, health === 'unknown' ? health : 'well');
      return answer;
    } catch (error) {
      const failure = classify((error as Error).cause);
      // One that is unreachable has its own breaker, which is tried again soon: it may be starting.
      if (failure === 'lost' || failure === 'too-slow') this.#failed();
      else this.#breaker.abandoned();
      throw error;
    }
  }

  async #askReplicas<B>(request: UpstreamRequest, tries: Tries, exchange: Exchange<B>): Promise<Answer<B>> {
    const { began = 0 } = tries;
    // Those that this request could not reach: asked again and again they would keep it, and the gateway, until its time is over.
    const unreached = new Set<Replica>();
    let cause: unknown;
    let before: Replica | undefined;
    for (;;) {
      const replica = this.#next(before, unreached);
      if (replica === undefined) throw this.#unavailable(0, cause);
      const left = leftOf(request, this.#timeoutMs, performance.now() - began);
      if (left.answerMs <= 0) throw new Problem('deadline-exceeded', { cause });
      replica.breaker.enter();
      replica.inFlight++;
      before = replica;
      try {
        const answer = await exchange(replica.pool, request, left);
        const health = healthOf(answer);
        const isFull = answer.status === 503 && health !== 'away';
        if (isFull) replica.refused();
        if (placesOrder(request)) this.#pushback.heard(replica, isFull, performance.now() - began);
        if (health === 'well' || health === 'unknown') {
          tell(replica.breaker, health);
          return answer;
        }
        this.#note(replica, health);
        if (this.#replicas.length === 1 || !this.#mayRepeat(request, tries)) return answer;
      } catch (error) {
        cause = error;
        this.#judge(request, tries, replica, error);
        if (classify(error) === 'unreachable') unreached.add(replica);
      } finally {
        replica.inFlight--;
      }
    }
  }

  /** Returns when another one may be asked. */
  #judge(request: UpstreamRequest, tries: Tries, replica: Replica, error: unknown): void {
    const failure = classify(error);
    const { withinMs = Number.POSITIVE_INFINITY, holdMs = 0 } = request;
    // Too slow for a client in a hurry says nothing: anybody could open the breaker for everybody.
    if (failure === undefined || (failure === 'too-slow' && withinMs - holdMs < this.#timeoutMs)) {
      replica.breaker.abandoned();
      throw failure === undefined ? error : new Problem('deadline-exceeded');
    }
    this.#note(replica, failure, error);
    if (failure === 'too-slow') throw new Problem('deadline-exceeded', { cause: error });
    if (failure === 'lost' && !this.#mayRepeat(request, tries)) throw this.#unavailable(0, error);
  }

  #mayRepeat(request: UpstreamRequest, tries: Tries): boolean {
    if (tries.repeated || !isRepeatable(request) || !this.#budget.take()) return false;
    tries.repeated = true;
    retries.inc({ target: this.#name });
    return true;
  }

  #note(replica: Replica, kind: NonNullable<Failure> | 'away' | 'disbelieves', error?: unknown): void {
    failures.inc({ target: this.#name, kind });
    if (kind === 'unreachable') {
      replica.unreachable(error);
      return;
    }
    replica.reached();
    const out = this.#replicas.reduce((sum, { breaker }) => sum + Number(breaker.isOpen), 0);
    const opens = out + 1 <= this.#replicas.length / 2;
    if (replica.breaker.failed({ opens })) opened.inc({ target: this.#name, of: 'replica' });
  }

  #failed(): void {
    if (this.#breaker.failed()) opened.inc({ target: this.#name, of: 'all' });
  }

  /** Of those that may be asked; by turns where several have equally little. */
  #leastLoaded(before: Replica | undefined, unreached: Set<Replica>): Replica | undefined {
    const all = this.#replicas;
    let best: Replica | undefined;
    this.#turn++;
    for (let n = 0; n < all.length; n++) {
      const replica = all[(this.#turn + n) % all.length]!;
      if (!replica.breaker.admits || unreached.has(replica)) continue;
      if (best === undefined || replica.isBetterThan(best, before)) best = replica;
    }
    return best;
  }

  /** The one that has just failed is asked again only when there is no other, not even one that is left out. */
  #next(before: Replica | undefined, unreached: Set<Replica>): Replica | undefined {
    const best = this.#leastLoaded(before, unreached);
    return best !== undefined && best !== before ? best : (this.#lastResort(before, unreached) ?? best);
  }

  /** Of those that are left out. */
  #lastResort(before: Replica | undefined, unreached: Set<Replica>): Replica | undefined {
    return this.#replicas.find((replica) => replica !== before && !unreached.has(replica) && replica.isLastResort);
  }

  #unavailable(leftMs: number, cause?: unknown): Problem {
    const seconds = Math.max(1, Math.ceil(leftMs / 1_000));
    return new Problem('shard-unavailable', { cause, headers: { 'retry-after': String(seconds) } });
  }
}
