import type { z } from 'zod';
import { plainName } from './json-body.ts';
import { type FieldError, Problem } from './problem.ts';

const mostErrors = 20;

/**
 * Parses outside input. `part` names what is bad as a whole, such as `body` or `idempotency-key`.
 * @throws Problem validation-failed that names each bad field, and repeats no value
 */
export function valid<S extends z.ZodType>(schema: S, value: unknown, part = 'body'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // By field: a number that is no integer is out of range too, but once told is enough.
  const errors = new Map<string, FieldError>();
  for (const issue of result.error.issues.slice(0, mostErrors)) {
    for (const error of fieldErrors(issue, part)) if (!errors.has(error.field)) errors.set(error.field, error);
  }
  throw new Problem('validation-failed', { errors: [...errors.values()] });
}

function fieldErrors(issue: z.core.$ZodIssue, part: string): FieldError[] {
  const at = (...more: PropertyKey[]) => [...issue.path, ...more].join('.') || part;
  if (issue.code !== 'unrecognized_keys') return [{ field: at(), message: issue.message }];
  const named = issue.keys.slice(0, mostErrors).filter((key) => plainName.test(key));
  if (named.length === 0) return [{ field: at(), message: 'has an unknown member' }];
  return named.map((key) => ({ field: at(key), message: 'is unknown' }));
}
