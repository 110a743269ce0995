import { type FieldError, Problem } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

const mostErrors = 20;
const longestName = 100;

/** @throws Problem `validation-failed` that names the fields, never their values. */
export function valid<S extends z.ZodType>(schema: S, input: unknown, within?: string): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, mostErrors).flatMap((issue) => errorsOf(issue, within));
  throw new Problem('validation-failed', {
    detail: `not valid: ${errors.map(({ field }) => field).join(', ')}`,
    errors,
  });
}

function errorsOf(issue: z.core.$ZodIssue, within: string | undefined): FieldError[] {
  const path = [...(within ? [within] : []), ...issue.path.map(String)];
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, mostErrors) : undefined;
  if (!unknown) return [{ field: path.join('.') || 'body', message: issue.message }];
  return unknown.map((key) => ({ field: [...path, key].join('.').slice(0, longestName), message: 'is not known' }));
}

// Any UUID, as Postgres and the gateway take it: z.uuid() wants the version bits of RFC 9562 too.
const uuid = z.guid();

/** The verified subject, set by the gateway, which removes what clients send under this name. */
export function customerOf(request: FastifyRequest): string {
  const customer = uuid.safeParse(request.headers['x-customer-id']);
  if (!customer.success) throw new Problem('unauthenticated');
  return customer.data.toLowerCase();
}
