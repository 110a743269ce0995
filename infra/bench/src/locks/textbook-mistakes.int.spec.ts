import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Demonstration, textbookMistakes } from './textbook-mistakes.ts';

let redis: TestRedis;
let database: TestDatabase;
let shown: Demonstration[];

beforeAll(async () => {
  [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  const servers = { databaseUrl: database.url, redisUrl: redis.url };
  shown = await textbookMistakes(servers, new AbortController().signal, 3);
});
afterAll(() => Promise.all([redis.stop(), database.drop()]));

const result = (id: Demonstration['id']) => shown.find((demonstration) => demonstration.id === id)!;

it('check-then-write sells what is not there', () => {
  expect(result('check-then-write').oversold).toBeGreaterThan(0);
});

it('a lock without a fence sells everything twice when its holder is stopped for longer than its time to live', () => {
  expect(result('lock-without-fence')).toMatchObject({ stock: 30, sold: 60, oversold: 30, refused: 0 });
});

it('with a fence the same pause costs a refused write, and nothing is oversold', () => {
  expect(result('lock-with-fence')).toMatchObject({ stock: 30, sold: 30, oversold: 0, refused: 3 });
});
