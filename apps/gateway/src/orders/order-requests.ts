import { lines, money } from '@ringshop/contracts';
import { Problem, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { text, wholeNumber } from '../text.ts';

const line = z.strictObject({ ...lines.element.shape, sku: text(64) });

export const placeOrderBody = z.strictObject({
  lines: z.array(line).min(1).max(100),
  payment: z.strictObject({ token: text(255) }),
  shipTo: z.strictObject({ name: text(200), address: text(1_000, { lineBreaks: true }) }),
  expectedTotal: z.strictObject(money.shape).optional(),
});

export const pageQuery = z.strictObject({
  limit: wholeNumber(1, 100).optional(),
  cursor: text(512).optional(),
});

const idempotencyKey = z
  .string('is needed')
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters');
const longestWait = 10;

export function idempotencyKeyOf(request: FastifyRequest): string {
  return valid(idempotencyKey, request.headers['idempotency-key'], 'idempotency-key');
}

const noQuery = z.strictObject({});

/** What a route does not know is refused, not ignored: a filter with a typo in it would answer everything. */
export function requireNoQuery({ query }: FastifyRequest): void {
  for (const _name in query as object) return void valid(noQuery, query, 'query');
}

/** An empty object is as good as nothing: many clients cannot send less. */
export function requireNoBody({ body }: FastifyRequest): void {
  if (body !== undefined && body !== null) valid(z.strictObject({}), body, 'body');
}

/** The seconds of `Prefer: wait=…`, or 0. Other preferences are ignored, as RFC 7240 wants it. */
export function waitOf(request: FastifyRequest): number {
  const prefer = request.headers.prefer;
  if (prefer === undefined) return 0;
  for (const preference of String(prefer).split(/[,;]/)) {
    const [name = '', value = ''] = preference.split('=').map((part) => part.trim());
    if (name.toLowerCase() !== 'wait') continue;
    const seconds = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
    if (seconds <= longestWait) return seconds;
    const message = `wait must be a whole number of seconds up to ${longestWait}`;
    throw new Problem('validation-failed', { errors: [{ field: 'prefer', message }] });
  }
  return 0;
}

/** What an event stream that was cut saw last: an order's version; `0` when it begins. */
export function lastEventIdOf({ headers }: FastifyRequest): string {
  const seen = headers['last-event-id'];
  return typeof seen === 'string' && /^\d{1,9}$/.test(seen) ? seen : '0';
}

/** The query of a page of results, checked and written anew; empty or beginning with `?`. */
export function pageOf(request: FastifyRequest): string {
  const page = valid(pageQuery, request.query, 'query');
  const query = new URLSearchParams(
    Object.entries(page).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return query.size > 0 ? `?${query}` : '';
}
