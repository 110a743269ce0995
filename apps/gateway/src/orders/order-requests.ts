import { lines, money } from '@ringshop/contracts';
import { Problem, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sku, text, wholeNumber } from '../text.ts';

const line = z.strictObject({ ...lines.element.shape, sku });

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

/** A UUIDv7 that names its slot; what is none is answered like an id that does not exist. */
export const orderIdParam = z.string().min(1).max(100).meta({ example: '01975f3a-9c00-7abc-8def-0123456789ab' });

export const idempotencyKey = z
  .string('is needed')
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters');
const longestWait = 10;
export const prefer = z
  .string()
  .regex(/^wait=(10|\d)$/)
  .meta({ description: 'Wait so many seconds for the order to end', example: 'wait=5' });
export const lastEventId = z
  .string()
  .regex(/^\d{1,9}$/)
  .meta({ description: 'The version of the order that was seen last' });
export const nothing = z.strictObject({});

export function idempotencyKeyOf(request: FastifyRequest): string {
  const key = valid(idempotencyKey, request.headers['idempotency-key'], 'idempotency-key');
  // Node joins what comes twice, and two keys would be a third one.
  if (key.includes(', ') && request.raw.headersDistinct['idempotency-key']?.length !== 1) {
    throw new Problem('validation-failed', {
      errors: [{ field: 'idempotency-key', message: 'is given more than once' }],
    });
  }
  return key;
}

/** What a route does not know is refused, not ignored: a filter with a typo in it would answer everything. */
export function requireNoQuery({ query }: FastifyRequest): void {
  for (const _name in query as object) return void valid(nothing, query, 'query');
}

/** An empty object is as good as nothing: many clients cannot send less. */
export function requireNoBody({ body }: FastifyRequest): void {
  if (body !== undefined) valid(nothing, body, 'body');
}

/** The seconds of `Prefer: wait=…`, or 0. Other preferences are ignored, as RFC 7240 wants it. */
export function waitOf(request: FastifyRequest): number {
  const prefer = request.headers.prefer;
  if (prefer === undefined) return 0;
  for (const preference of String(prefer).split(/[,;]/)) {
    const [name = '', value = ''] = preference.split('=').map((part) => part.trim());
    if (name.toLowerCase() !== 'wait') continue;
    const seconds = Number(/^"?(\d{1,3})"?$/.exec(value)?.[1] ?? Number.NaN);
    if (seconds <= longestWait) return seconds;
    const message = `wait must be a whole number of seconds up to ${longestWait}`;
    throw new Problem('validation-failed', { errors: [{ field: 'prefer', message }] });
  }
  return 0;
}

/** What an event stream that was cut saw last: an order's version; `0` when it begins. */
export function lastEventIdOf({ headers }: FastifyRequest): string {
  const seen = headers['last-event-id'];
  return lastEventId.safeParse(seen).data ?? '0';
}

/** The query of a page of results, checked and written anew; empty or beginning with `?`. */
export function pageOf(request: FastifyRequest): string {
  const page = valid(pageQuery, request.query, 'query');
  const query = new URLSearchParams(
    Object.entries(page).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return query.size > 0 ? `?${query}` : '';
}
