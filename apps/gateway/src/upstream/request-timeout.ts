import { Problem } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';

const seconds = /^\d{1,3}(\.\d{1,3})?$/;

/**
 * `Request-Timeout: <seconds>`: how long the client is going to wait, in milliseconds. After that nothing is written any
 * more, and the answer is a 504, so that it knows. Undefined when it does not say.
 * @throws Problem validation-failed
 */
export function withinOf({ headers }: FastifyRequest): number | undefined {
  const said = headers['request-timeout'];
  if (said === undefined) return undefined;
  const ms = typeof said === 'string' && seconds.test(said) ? Number(said) * 1_000 : 0;
  if (ms > 0) return ms;
  throw new Problem('validation-failed', { errors: [{ field: 'request-timeout', message: 'must be seconds' }] });
}
