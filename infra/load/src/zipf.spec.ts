import { expect, it, vi } from 'vitest';

// The script's own function, where k6 is not there: it needs nothing of it.
vi.mock('k6', () => ({ sleep: () => undefined }));
vi.mock('k6/execution', () => ({ default: {} }));
vi.mock('k6/http', () => ({ default: {} }));
vi.mock('k6/metrics', () => ({ Counter: class {}, Rate: class {}, Trend: class {} }));
vi.stubGlobal('__ENV', {});

it('lets customers come by Zipf’s law, and nobody come who is not there', async () => {
  const script = '../k6/shop.js';
  const { byZipf } = (await import(script)) as { byZipf: (list: number[]) => number | undefined };
  const customers = Array.from({ length: 500 }, (_, n) => n + 1);
  const came = new Map<number | undefined, number>();
  for (let n = 0; n < 200_000; n++) {
    const customer = byZipf(customers);
    came.set(customer, (came.get(customer) ?? 0) + 1);
  }
  for (const rank of [2, 3, 10]) expect(Math.abs((came.get(rank)! * rank) / came.get(1)! - 1)).toBeLessThan(0.1);
  expect(came.has(undefined)).toBe(false);
});
