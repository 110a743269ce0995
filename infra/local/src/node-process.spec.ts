import { afterEach, expect, it, vi } from 'vitest';
import { nodeProcess } from './node-process.ts';

const environment = (env: Record<string, string> = {}) =>
  nodeProcess({ name: 'inventory-1', folder: 'apps/inventory', dir: '/tmp/ringshop', env }).env;

afterEach(() => vi.unstubAllEnvs());

it("takes no setting and no address from the caller's environment: tests and benchmarks run what they say", () => {
  vi.stubEnv('STOCK_LOCK', 'none');
  vi.stubEnv('LOG_LEVEL', 'trace');
  vi.stubEnv('DATABASE_URL', 'postgres://elsewhere');
  expect(
    Object.keys(environment({ NAME: 'inventory-1' })!).filter((name) => !/^(PATH|HOME|LANG|TZ|NODE_.*)$/.test(name)),
  ).toEqual(['NAME']);
});

it("adds a part's options for Node to those of all parts", () => {
  const { NODE_OPTIONS } = environment({ NODE_OPTIONS: '--import=/probe.js' }) as Record<string, string>;
  expect(NODE_OPTIONS).toMatch(/^--max-old-space-size=.* --import=\/probe\.js$/);
});
