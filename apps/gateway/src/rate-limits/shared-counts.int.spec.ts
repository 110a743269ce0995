import { createRedis } from '@ringshop/service-defaults';
import { eventually, testRedis } from '@ringshop/testing';
import { expect, test } from 'vitest';
import { Principal } from './principal.ts';
import { SharedCounts } from './shared-counts.ts';
import { Tariff } from './tariff.ts';

test('what is next to nothing in 20 ms is not so in a shorter time: whoever makes calls go sooner hides nobody else', async () => {
  const redis = await testRedis();
  const admin = createRedis(redis.url, {});
  await admin.connect();
  const counts = new SharedCounts(redis.url);
  counts.open();
  await eventually(() => counts.available);
  const tariff = new Tariff({ limit: 1_000, windowSeconds: 1 });
  const [busy, hidden] = [new Principal('busy', tariff), new Principal('hidden', tariff)];
  await counts.ask(busy);
  await admin.config('RESETSTAT');
  for (let n = 0; n < 50; n++) {
    counts.tell(hidden);
    await counts.ask(busy);
  }
  const [, written] = /cmdstat_set:calls=(\d+)/.exec(await admin.info('commandstats')) ?? [];
  expect(Number(written), '50 of them for the busy one').toBeGreaterThan(75);
  counts.close();
  admin.disconnect();
  await redis.stop();
});
