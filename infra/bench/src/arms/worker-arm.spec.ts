import { expect, it } from 'vitest';
import type { Work } from './arm.ts';
import { WorkerArm, type WorkerArmParts } from './worker-arm.ts';

it('has no more orders under way than it has sessions, and says so', async () => {
  const given: Work[] = [];
  const worker = {
    run: async (work: Work) => {
      given.push(work);
      return { completed: 0, latenciesMs: [], others: {} };
    },
  };
  const sessions = ({ paymentMs }: { paymentMs: number }) => (paymentMs === 0 ? 32 : 300);
  const arm = new WorkerArm({ rivals: { url: 'postgres://' }, worker, sessions } as unknown as WorkerArmParts);
  const work = { paymentMs: 0, hotSkus: 1_000, inFlight: 256, orders: 1_000 };
  const slow = { ...work, paymentMs: 20 };
  expect([arm.inFlight(work), arm.inFlight(slow)]).toEqual([32, 256]);
  await arm.run(work);
  await arm.run(slow);
  expect(given).toEqual([{ ...work, inFlight: 32 }, slow]);
});
