import { askedBeforeHeader, Breaker } from '@ringshop/service-defaults';
import { Pool } from 'undici';
import { hasHeader, type UpstreamRequest } from './exchange.ts';

/** What refuses a connection does so at once, so it costs little to ask again. */
const backMs = 25;
/** About as long as limits take to learn that there is room. */
export const fullMs = 100;

/** One process of a shard: its connections, what it has to do, and whether it is to be asked at all. */
export class Replica {
  readonly pool: Pool;
  readonly breaker = new Breaker({ failures: 5, minMs: 500, maxMs: 4_000 });
  inFlight = 0;
  /** From when on it may be asked although it is left out, when there is nobody else. */
  #lastResortAt = 0;
  #fullUntil = 0;

  constructor(url: string, timeoutMs: number) {
    this.pool = new Pool(url, {
      pipelining: 1,
      connectTimeout: 1_000,
      keepAliveTimeout: 30_000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /** It refuses at once, so it has always the least to do: for a moment one that has room is asked first. */
  refused(): void {
    this.#fullUntil = performance.now() + fullMs;
  }

  /** Whether it is to be asked although it is left out, when there is nobody else. */
  get isLastResort(): boolean {
    return performance.now() >= this.#lastResortAt;
  }

  /** Leaves it out. Where a connection hangs every request would wait for it: that is tried by one of them, when the breaker says so. */
  unreachable(error: unknown): void {
    const isRefused = codeOf(error) === 'ECONNREFUSED';
    this.#lastResortAt = isRefused ? performance.now() + backMs : Number.POSITIVE_INFINITY;
    this.breaker.trip();
  }

  /** It failed in another way: then asking it again does not hang. */
  reached(): void {
    this.#lastResortAt = 0;
  }

  /** @param before the one that just failed, which is asked again only when there is no other */
  isBetterThan(other: Replica, before: Replica | undefined): boolean {
    if (this === before || other === before) return other === before;
    const [full, otherFull] = [this.#isFull, other.#isFull];
    return full === otherFull ? this.inFlight < other.inFlight : otherFull;
  }

  get #isFull(): boolean {
    return this.#fullUntil !== 0 && performance.now() < this.#fullUntil;
  }
}

/**
 * What a failed exchange says. `unreachable`: nothing was sent. `lost`: nobody knows what was done. `too-slow`: it may
 * still be under way. Undefined: nothing about the replica; the client left, say.
 */
export type Failure = 'unreachable' | 'lost' | 'too-slow' | undefined;

const failureOf: Record<string, Failure> = {
  ECONNREFUSED: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  UND_ERR_SOCKET: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  UND_ERR_HEADERS_TIMEOUT: 'too-slow',
  UND_ERR_BODY_TIMEOUT: 'too-slow',
};

export const classify = (error: unknown): Failure => failureOf[codeOf(error)];

const codeOf = (error: unknown): string => (error as { code?: string } | undefined)?.code ?? '';

/** Whether it may be done twice: reads, writes of an absolute value, and those that carry an idempotency key. */
export const isRepeatable = (request: UpstreamRequest): boolean =>
  request.method !== 'POST' || hasHeader(request, 'idempotency-key');

/** What a shard refuses for the orders that are under way. A cancel makes them fewer. */
export const placesOrder = (request: UpstreamRequest): boolean =>
  request.method === 'POST' && request.path === '/orders' && !hasHeader(request, askedBeforeHeader);

/**
 * `away`: it says of itself that its database is. `disbelieves`: the caller is verified, so it is this replica that has
 * another key or a wrong clock; nothing was done. One that is only full says `overloaded`, and is well.
 */
export type Health = 'well' | 'away' | 'disbelieves' | 'unknown';

export function healthOf({ status, body }: { status: number; body: unknown }): Health {
  if (status !== 503 && status !== 401) return 'well';
  if (typeof body !== 'string') return 'unknown';
  if (status === 401) return 'disbelieves';
  return body.includes('"shard-unavailable"') ? 'away' : 'well';
}

export function tell(breaker: Breaker, health: 'well' | 'unknown'): void {
  if (health === 'well') breaker.succeeded();
  else breaker.abandoned();
}
