import { afterEach, expect, it, vi } from 'vitest';
import { nodeProcess } from './node-process.ts';

const environment = (env: Record<string, string> = {}) =>
  nodeProcess({ name: 'inventory-1', folder: 'apps/inventory', dir: '/tmp/ringshop', env }).env;

afterEach(() => vi.unstubAllEnvs());

it("takes what protects the stock from the caller's environment, and no address", () => {
  vi.stubEnv('STOCK_LOCK', 'none');
  vi.stubEnv('STOCK_LOCK_FALLBACK', 'refuse');
  vi.stubEnv('DATABASE_URL', 'postgres://elsewhere');
  expect(environment()).toMatchObject({ STOCK_LOCK: 'none', STOCK_LOCK_FALLBACK: 'refuse' });
  expect(environment()).not.toHaveProperty('DATABASE_URL');
});

it("adds a part's options for Node to those of all parts", () => {
  const { NODE_OPTIONS } = environment({ NODE_OPTIONS: '--import=/probe.js' }) as Record<string, string>;
  expect(NODE_OPTIONS).toMatch(/^--max-old-space-size=.* --import=\/probe\.js$/);
});

it('lets a part have a setting of its own', () => {
  vi.stubEnv('STOCK_LOCK', 'none');
  expect(environment({ STOCK_LOCK: 'database' })).toMatchObject({ STOCK_LOCK: 'database' });
});
