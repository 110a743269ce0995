import { expect, it } from 'vitest';
import { Admission } from './admission.ts';

const options = { initial: 2, min: 2, max: 100, queueMs: 200, forgetAfterMs: 10_000 };
let now = 0;
let customers = 0;
const somebody = () => `customer ${customers++}`;
let unheard = false;
const admission = () => new Admission({ ...options, unheard: () => unheard, now: () => now });
const full = expect.objectContaining({ code: 'overloaded', headers: { 'retry-after': '1' } });

it('refuses what is beyond the limit, until one of those that are under way is decided, wherever that was', () => {
  const door = admission();
  door.enter('a', somebody());
  door.enter('b', somebody());
  expect(() => door.enter('c', somebody())).toThrow(full);
  door.decided([
    { orderId: 'of another replica', stoodInQueues: true },
    { orderId: 'a', stoodInQueues: true },
  ]);
  door.enter('c', somebody());
  expect(door.open).toBe(2);
  door.close();
});

it('does not count what was let in and then not written', () => {
  const door = admission();
  door.enter('a', somebody());
  door.enter('known key', somebody());
  door.leave('known key');
  door.enter('b', somebody());
  door.close();
});

it('says how long batches queue once they have left, by the first of each that stood in queues', () => {
  const door = admission();
  const passes = (firstMs: number, ...orders: { stoodInQueues: boolean }[]) => {
    for (const n of orders.keys()) door.enter(`${n}`, somebody(), true);
    now += 50;
    door.gathered([...orders.keys()].map(String), 50);
    for (const [n, { stoodInQueues }] of orders.entries()) {
      now += n === 0 ? firstMs : 30;
      door.decided([{ orderId: `${n}`, stoodInQueues }]);
    }
    return door.queuedMs;
  };
  // What an order takes when it meets no queue.
  for (let n = 0; n < 12; n += 1) passes(30, { stoodInQueues: true });
  const [early, whole] = [{ stoodInQueues: false }, { stoodInQueues: true }];
  expect([passes(30, whole), passes(45, whole, whole), passes(5, early, whole)]).toEqual([0, 15, 5]);
  door.close();
});

it('does not take for the way of an order what it was gathered for, and no more of that than it was there', () => {
  const door = admission();
  const limitAfter = (gatheredMs: number, lingeredMs: number) => {
    for (let n = 0; n < 40; n += 1) {
      const orders = Array.from({ length: 4 }, (_, at) => `${n}.${at}`);
      for (const orderId of orders) door.enter(orderId, somebody(), true);
      now += gatheredMs;
      door.gathered([...orders, 'of nobody'], lingeredMs);
      now += 30;
      door.decided(orders.map((orderId) => ({ orderId, stoodInQueues: true })));
    }
    return door.limit;
  };
  const calm = limitAfter(0, 0);
  expect(limitAfter(300, 300)).toBeGreaterThanOrEqual(calm);
  // Of those 300 ms these were there for 10. Else they would seem to take less than nothing, and all others more than the least.
  limitAfter(10, 300);
  expect(limitAfter(0, 0)).toBeGreaterThanOrEqual(calm);
  // They were there for 300 ms, and only 10 of them because the door was held open: the rest is a queue.
  expect(limitAfter(300, 10)).toBeLessThan(calm);
  door.close();
});

it('forgets what nobody decides, since that is no queue', () => {
  const door = admission();
  door.enter('a', somebody());
  door.enter('b', somebody());
  now += options.forgetAfterMs;
  door.enter('c', somebody());
  expect(door.open).toBe(1);
  door.close();
});

it('counts nobody any longer whose notice may have been lost, and learns nothing from them', () => {
  const door = admission();
  door.enter('a', somebody());
  door.enter('b', somebody());
  door.missed();
  door.enter('c', somebody());
  now += options.forgetAfterMs;
  door.decided([{ orderId: 'a', stoodInQueues: true }]);
  expect([door.open, door.limit]).toEqual([1, options.initial]);
  door.close();
});

it('leaves it to the bound of the outbox while nobody hears of orders, and learns nothing from that', () => {
  const door = admission();
  unheard = true;
  for (let n = 0; n < 50; n += 1) door.enter(`${n}`, somebody());
  now += 5_000;
  door.decided(Array.from({ length: 50 }, (_, n) => ({ orderId: `${n}`, stoodInQueues: true })));
  unheard = false;
  expect([door.open, door.limit]).toEqual([0, options.initial]);
  door.close();
});

it('learns nothing either from those who were under way then and are decided afterwards', () => {
  const door = admission();
  door.enter('before', somebody());
  unheard = true;
  now += 1_000;
  for (let n = 0; n < 50; n += 1) door.enter(`${n}`, somebody());
  unheard = false;
  now += 5_000;
  const decided = ['before', ...Array.from({ length: 50 }, (_, n) => `${n}`)];
  for (const orderId of decided) {
    now += 20;
    door.decided([{ orderId, stoodInQueues: true }]);
  }
  expect([door.open, door.limit]).toEqual([0, options.initial]);
  door.close();
});

it.each([2, 10])('gives nobody more than half of it, and says so to that customer, also at its least of %s', (min) => {
  const door = new Admission({ ...options, min, initial: 10, unheard: () => false, now: () => now });
  for (let n = 0; n < 5; n += 1) door.enter(`${n}`, 'greedy');
  expect(() => door.enter('one more', 'greedy')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
  for (let n = 5; n < 10; n += 1) door.enter(`${n}`, somebody());
  door.decided([{ orderId: '0', stoodInQueues: true }]);
  door.enter('one more', 'greedy');
  door.close();
});

it('has room again for one who is alone and may have half', () => {
  const door = new Admission({ ...options, min: 8, initial: 8, unheard: () => false, now: () => now });
  for (let round = 0; round < 100; round += 1) {
    const orders = [0, 1, 2, 3].map((n) => `${round} ${n}`);
    for (const orderId of orders) door.enter(orderId, 'alone');
    now += 50;
    door.decided(orders.map((orderId) => ({ orderId, stoodInQueues: true })));
  }
  expect(door.limit).toBeGreaterThan(8);
  door.close();
});

it('does not refuse what is only asked again', () => {
  const door = admission();
  door.enter('a', somebody());
  door.enter('b', somebody());
  door.enter('b again', somebody(), true);
  door.close();
});
