import { expect, it } from 'vitest';
import type { UpstreamRequest } from './exchange.ts';
import { isRepeatable } from './replica.ts';

const post: UpstreamRequest = { method: 'POST', path: '/orders' };

it('repeats a call that has a key, and none that has the word for a value', () => {
  expect(isRepeatable({ ...post, headers: ['idempotency-key', 'anything'] })).toBe(true);
  expect(isRepeatable({ ...post, headers: ['x-principal', 'idempotency-key'] })).toBe(false);
});
