import { expect, it } from 'vitest';
import type { Bought } from './load/order-book.ts';
import type { PlannedFault } from './plan.ts';
import { faultCounts, type Healed, partCounts, recoveries } from './watch.ts';

const planned = (fault: PlannedFault['fault'], parameters = {}): PlannedFault => ({
  atMs: 0,
  fault,
  target: 'order-1',
  lastsMs: 0,
  parameters,
});
const healed = (fault: PlannedFault, felt: number, healedAt = 1_000): Healed => ({
  planned: fault,
  struckAt: 500,
  healedAt,
  felt,
  counts: {},
});
const order = (orderId: string, times: Partial<Bought>): Bought => ({
  orderId,
  kind: 'plain',
  token: 'tok_approve',
  askedAt: 0,
  acknowledgedAt: 0,
  promisedAt: 0,
  status: 'confirmed',
  ...times,
});

it('counts how often each kind of fault was done, and how often somebody felt it', () => {
  const counts = faultCounts([healed(planned('kill'), 1), healed(planned('kill'), 0), healed(planned('cut'), 12)]);
  expect(counts.kill).toEqual({ done: 2, felt: 1 });
  expect(counts.cut).toEqual({ done: 1, felt: 1 });
  expect(counts.flush).toEqual({ done: 0, felt: 0 });
});

it('counts failpoints by name and action, also those that never struck', () => {
  const kill = planned('failpoint', { name: 'relay.sent', action: 'kill', hits: 3 });
  const block = planned('failpoint', { name: 'lock.acquired', action: 'block:4000', hits: 1 });
  const struck = { ...healed(kill, 1), counts: { 'relay.sent: kill': 1 } };
  const counts = partCounts('failpoint', [kill, block], [struck, struck, healed(planned('cut'), 1)]);
  expect(counts).toEqual({ 'lock.acquired: block': 0, 'relay.sent: kill': 2 });
});

it('counts what the provider did wrong, also what was planned in vain', () => {
  const wrong = planned('provider', { http500: 3, hang: 2 });
  const struck = { ...healed(wrong, 3), counts: { http500: 3, hang: 0 } };
  expect(partCounts('provider', [wrong], [struck])).toEqual({ hang: 0, http500: 3 });
});

it('measures from the healing to the first order that was placed afterwards and confirmed', () => {
  const orders = [
    order('before', { askedAt: 900, endedAt: 1_100 }),
    order('late', { askedAt: 1_050, promisedAt: 1_060, endedAt: 3_000 }),
    order('first', { askedAt: 1_200, promisedAt: 1_210, endedAt: 1_700 }),
    order('refused', { askedAt: 1_010, promisedAt: 1_020, endedAt: 1_030, status: 'rejected' }),
  ];
  expect(recoveries([healed(planned('kill'), 1)], orders)[0]!.toFirstConfirmedMs).toBe(700);
});

it('measures from the healing to the end of the last order that was promised before', () => {
  const orders = [
    order('a', { endedAt: 400 }),
    order('b', { endedAt: 2_500 }),
    order('c', { promisedAt: 1_001, endedAt: 9_000 }),
  ];
  expect(recoveries([healed(planned('kill'), 1)], orders)[0]!.toAllEndedMs).toBe(1_500);
});

it('never calls it recovered while an order that was promised before has not ended', () => {
  const open = order('open', {});
  delete open.endedAt;
  const [recovery] = recoveries([healed(planned('kill'), 1)], [open]);
  expect(recovery).toMatchObject({ toAllEndedMs: Number.POSITIVE_INFINITY, toFirstConfirmedMs: undefined });
});
