import { expect, test } from 'vitest';
import { Problem } from './problem.ts';

test('a problem has no stack of its own, and what it is told of keeps the one it has', () => {
  const cause = new Error('a failure');
  const problem = new Problem('internal-error', { cause });
  expect(problem.stack).toBe('Problem: Something went wrong');
  expect((problem.cause as Error).stack).toContain('problem.spec.ts');
  expect(new Error('another one').stack).toContain('problem.spec.ts');
});
