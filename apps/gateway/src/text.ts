import 'zod-openapi';
import { z } from 'zod';

// NUL cannot be stored by Postgres, and the others have no business in a name. A lone surrogate is not text: it would
// come back from the database as another character, and the order's hash would no longer match.
const control = /\p{Cc}/u;
const controlButLineBreaks = /[^\P{Cc}\n\r\t]/u;

/** 1 to `max` characters of well-formed text without control characters. */
export const text = (max: number, { lineBreaks = false } = {}) =>
  z
    .string()
    .min(1)
    .max(max)
    .meta({
      pattern: lineBreaks
        ? '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$'
        : '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    })
    .refine((value) => value.isWellFormed() && !(lineBreaks ? controlButLineBreaks : control).test(value), {
      error: 'must be text without control characters',
    });

/** Of a product, as clients may write it. */
export const sku = text(64);

/** A whole number in a query string. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ override: { type: 'integer', minimum: min, maximum: max, pattern: undefined } });
