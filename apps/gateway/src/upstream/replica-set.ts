import type { Readable } from 'node:stream';
import { counter, Problem } from '@ringshop/service-defaults';
import { Pool } from 'undici';
import { type Answer, exchange, exchangeStream, type UpstreamRequest } from './exchange.ts';

const failures = counter('gateway_upstream_failures_total', 'Requests to a replica that failed', ['target', 'kind']);

interface Replica {
  pool: Pool;
  inFlight: number;
  /** Not asked before this time, because it could not be connected to. */
  avoidUntil: number;
}

const unreachable = new Set([
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const lost = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const tooSlow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const avoidForMs = 500;

/**
 * The replicas of one shard, or of inventory. The one with the fewest requests in flight is asked; another one where the
 * first cannot be reached or hangs up. That is safe for every call of the contract: reads, and writes that carry an
 * idempotency key or set an absolute value. What took too long is not tried again: it may still be under way.
 */
export class ReplicaSet {
  readonly #name: string;
  readonly #replicas: Replica[];
  readonly #timeoutMs: number;
  readonly #maxInFlight: number;

  constructor(name: string, urls: string[], options: { timeoutMs: number; maxInFlight: number }) {
    this.#name = name;
    this.#timeoutMs = options.timeoutMs;
    this.#maxInFlight = options.maxInFlight;
    this.#replicas = urls.map((url) => ({
      pool: new Pool(url, {
        pipelining: 1,
        connectTimeout: 1_000,
        keepAliveTimeout: 30_000,
        headersTimeout: options.timeoutMs,
        bodyTimeout: options.timeoutMs,
      }),
      inFlight: 0,
      avoidUntil: 0,
    }));
  }

  /** @throws Problem shard-unavailable, overloaded or deadline-exceeded */
  send(request: UpstreamRequest): Promise<Answer> {
    return this.#try(request, exchange);
  }

  /** As {@link send}, for answers that never end. */
  stream(request: UpstreamRequest): Promise<Answer<Readable>> {
    return this.#try(request, exchangeStream);
  }

  /** Asks all of them again: what could not be reached a moment ago may only have been starting. */
  forgive(): void {
    for (const replica of this.#replicas) replica.avoidUntil = 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ pool }) => pool.destroy()));
  }

  async #try<A>(request: UpstreamRequest, ask: (pool: Pool, request: UpstreamRequest) => Promise<A>): Promise<A> {
    const timed = { ...request, timeoutMs: this.#timeoutMs + (request.timeoutMs ?? 0) };
    let cause: unknown;
    let before: Replica | undefined;
    // One more than there are: a kept connection may have been closed by a replica that is well.
    for (let attempt = 0; attempt <= this.#replicas.length; attempt++) {
      const replica = this.#leastLoaded(before);
      if (replica === undefined) break;
      before = replica;
      if (replica.inFlight >= this.#maxInFlight) throw new Problem('overloaded');
      replica.inFlight++;
      try {
        return await ask(replica.pool, timed);
      } catch (error) {
        cause = error;
        this.#judge(replica, error as Error);
      } finally {
        replica.inFlight--;
      }
    }
    throw new Problem('shard-unavailable', { cause });
  }

  /** Of those that can be reached; the one that just failed only when there is no other. */
  #leastLoaded(before: Replica | undefined): Replica | undefined {
    const now = Date.now();
    let best: Replica | undefined;
    for (const replica of this.#replicas) {
      if (replica.avoidUntil > now) continue;
      if (best === undefined || best === before || (replica !== before && replica.inFlight < best.inFlight))
        best = replica;
    }
    return best;
  }

  /** Returns when another try is safe and may help. */
  #judge(replica: Replica, error: Error & { code?: string }): void {
    const code = error.code ?? '';
    if (unreachable.has(code)) {
      failures.inc({ target: this.#name, kind: 'unreachable' });
      replica.avoidUntil = Date.now() + avoidForMs;
    } else if (lost.has(code)) {
      failures.inc({ target: this.#name, kind: 'lost' });
    } else if (tooSlow.has(code)) {
      failures.inc({ target: this.#name, kind: 'too-slow' });
      throw new Problem('deadline-exceeded', { cause: error });
    } else {
      throw error;
    }
  }
}
