import { valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

export const requestTimeout = z
  .string('must be 1 to 999 seconds')
  .regex(/^[1-9]\d{0,2}(\.\d{1,3})?$/, 'must be 1 to 999 seconds')
  .meta({
    description: 'For how many seconds the client waits: what has not begun to be written by then is not',
    example: '2.5',
  });

/**
 * `Request-Timeout: <seconds>`: how long the client is going to wait, in milliseconds. What has not begun to be written
 * by then is not, and the answer is a 504, so that it knows. Undefined when it does not say.
 * @throws Problem validation-failed
 */
export function withinOf({ headers }: FastifyRequest): number | undefined {
  const said = headers['request-timeout'];
  return said === undefined ? undefined : Number(valid(requestTimeout, said, 'request-timeout')) * 1_000;
}
