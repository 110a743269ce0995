import { expect, test } from 'vitest';
import { z } from 'zod';
import { Problem } from './problem.ts';
import { valid } from './valid.ts';

const schema = z.strictObject({ lines: z.array(z.strictObject({ quantity: z.int().max(9) })) });

const refused = (value: unknown, part?: string): unknown => {
  try {
    return valid(schema, value, part);
  } catch (error) {
    return error instanceof Problem ? error.toJSON() : error;
  }
};

test('each bad field is named once, by its path', () => {
  expect(refused({ lines: [{ quantity: 1 }, { quantity: 10.5 }], price: 1 })).toMatchObject({
    code: 'validation-failed',
    errors: [{ field: 'lines.1.quantity' }, { field: 'price', message: 'is unknown' }],
  });
  expect(refused('text')).toMatchObject({ errors: [{ field: 'body' }] });
  expect(refused(7, 'query')).toMatchObject({ errors: [{ field: 'query' }] });
});

test('no value and no invented name is repeated', () => {
  const canary = 'canary-4711@example.com';
  const text = JSON.stringify(refused({ lines: [{ quantity: canary, [canary]: canary }], [canary]: 1 }));
  expect(text).toContain('has an unknown member');
  expect(text).not.toContain('canary');
});

test('the number of errors told is bounded', () => {
  const problem = refused({ lines: Array.from({ length: 1_000 }, () => ({ quantity: 'x' })) }) as { errors: unknown[] };
  expect(problem.errors).toHaveLength(20);
});
