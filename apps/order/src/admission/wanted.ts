import { counter, deadlineHeader } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';

const late = counter(
  'ringshop_late_requests_total',
  'Requests to write that were dropped unwritten, because nobody waited for their answer any more',
);

/** False once the time for a request is over or its client has hung up. */
export type IsWanted = () => boolean;

/**
 * From {@link deadlineHeader}, which the gateway sets: milliseconds that are left, counted here from the arrival by a monotonic
 * clock. A request without it is wanted until its client hangs up.
 */
export function wantedOf({ headers, raw }: FastifyRequest): IsWanted {
  const { socket } = raw;
  const leftMs = Number(headers[deadlineHeader] ?? Number.NaN);
  const until = Number.isNaN(leftMs) ? Number.POSITIVE_INFINITY : performance.now() + leftMs;
  return () => performance.now() < until && !socket.destroyed;
}

/**
 * Those of a batch that came too late. Asked inside the transaction, once the database has answered its first statement:
 * up to there a request may have waited for the batch before, for a connection, or for a database that had stalled.
 */
export function lateOf<T extends { isWanted?: IsWanted | undefined }>(batch: readonly T[]): Set<T> {
  const found = new Set(batch.filter(({ isWanted }) => isWanted?.() === false));
  if (found.size > 0) late.inc(found.size);
  return found;
}
