import type { Outbox } from '@ringshop/messaging';
import { registry } from '@ringshop/service-defaults';
import { expect, it } from 'vitest';
import type { LockEpoch } from '../lock/lock-epoch.ts';
import { StockGuard } from './stock-guard.ts';

it('has a count of 0 before the fence refuses for the first time, which is an increase then', async () => {
  new StockGuard({ outbox: {} as Outbox, epoch: {} as LockEpoch, protection: { by: 'database' } });
  const { values } = await registry.getSingleMetric('inventory_fence_refused_total')!.get();
  expect(values).toMatchObject([{ labels: { protection: 'database' }, value: 0 }]);
});
