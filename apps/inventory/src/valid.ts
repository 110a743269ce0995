import { Problem } from '@ringshop/service-defaults';
import type { z } from 'zod';

/** @throws Problem `validation-failed` that names the fields, never their values. */
export function valid<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message }));
  throw new Problem('validation-failed', {
    detail: `not valid: ${errors.map(({ field }) => field).join(', ')}`,
    errors,
  });
}
