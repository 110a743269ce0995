import { type Logger, registry } from '@ringshop/service-defaults';
import { expect, it } from 'vitest';
import { StrayReplies } from './stray-replies.ts';

const told: object[] = [];
const logger = { warn: (what: object) => void told.push(what) } as unknown as Logger;
const counted = async (what: string) => {
  const { values } = await registry.getSingleMetric('ringshop_saga_stray_replies_total')!.get();
  return values.find(({ labels }) => labels.what === what)?.value ?? 0;
};

it('has a count of 0 for what somebody watches, before the first one comes', async () => {
  new StrayReplies(logger);
  const { values } = await registry.getSingleMetric('ringshop_saga_stray_replies_total')!.get();
  expect(values.map(({ labels, value }) => [labels.what, value])).toEqual([
    ['unexpected', 0],
    ['unknown saga', 0],
  ]);
});

it('counts every reply that moved no saga, and tells each that fits no state once, with the order', async () => {
  const strays = new StrayReplies(logger);
  const odd = { id: 'order', what: 'unexpected', reply: 'payment-voided' } as const;
  strays.count([odd, odd, { ...odd, what: 'duplicate' }, { ...odd, what: 'late' }]);
  strays.count([odd, { ...odd, id: 'other', what: 'unknown saga' }]);
  expect(told).toEqual([
    { orderId: 'order', what: 'unexpected', reply: 'payment-voided' },
    { orderId: 'other', what: 'unknown saga', reply: 'payment-voided' },
  ]);
  expect(await counted('unexpected')).toBe(3);
  expect(await counted('duplicate')).toBe(1);
});
