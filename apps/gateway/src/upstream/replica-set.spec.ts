import { registry } from '@ringshop/service-defaults';
import { expect, it } from 'vitest';
import { ReplicaSet } from './replica-set.ts';

it('has counts of 0 before a breaker opens for the first time, which is an increase then', async () => {
  const set = new ReplicaSet('order-7', [], { timeoutMs: 1_000, maxInFlight: 1 });
  const { values } = await registry.getSingleMetric('gateway_upstream_opened_total')!.get();
  await set.close();
  expect(values).toMatchObject([
    { labels: { target: 'order-7', of: 'replica' }, value: 0 },
    { labels: { target: 'order-7', of: 'all' }, value: 0 },
  ]);
});
