import { Breaker } from '@ringshop/service-defaults';
import { Pool } from 'undici';
import type { UpstreamRequest } from './exchange.ts';

/** One process of a shard: its connections, what it has to do, and whether it is to be asked at all. */
export class Replica {
  readonly pool: Pool;
  readonly breaker = new Breaker({ failures: 5, minMs: 500, maxMs: 4_000 });
  inFlight = 0;

  constructor(url: string, timeoutMs: number) {
    this.pool = new Pool(url, {
      pipelining: 1,
      connectTimeout: 1_000,
      keepAliveTimeout: 30_000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
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

export const classify = (error: unknown): Failure => failureOf[(error as { code?: string } | undefined)?.code ?? ''];

/** Whether it may be done twice: reads, writes of an absolute value, and those that carry an idempotency key. */
export const isRepeatable = ({ method, headers }: UpstreamRequest): boolean =>
  method !== 'POST' || (headers?.includes('idempotency-key') ?? false);

/** One that says of itself that its database is away is. One that is only full says `overloaded`, and is well. */
export function healthOf({ status, body }: { status: number; body: unknown }): 'well' | 'away' | 'unknown' {
  if (status !== 503) return 'well';
  if (typeof body !== 'string') return 'unknown';
  return body.includes('"shard-unavailable"') ? 'away' : 'well';
}

export function tell(breaker: Breaker, health: 'well' | 'unknown'): void {
  if (health === 'well') breaker.succeeded();
  else breaker.abandoned();
}
