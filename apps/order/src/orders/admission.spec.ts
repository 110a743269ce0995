import { expect, it } from 'vitest';
import { Admission } from './admission.ts';

const options = { initial: 2, min: 2, max: 100, queueMs: 200, forgetAfterMs: 10_000 };
let now = 0;
let unheard = false;
const admission = () => new Admission({ ...options, unheard: () => unheard, now: () => now });
const full = expect.objectContaining({ code: 'overloaded', headers: { 'retry-after': '1' } });

it('refuses what is beyond the limit, until one of those that are under way is decided, wherever that was', () => {
  const door = admission();
  door.enter('a');
  door.enter('b');
  expect(() => door.enter('c')).toThrow(full);
  door.decided([
    { orderId: 'of another replica', paidFor: true },
    { orderId: 'a', paidFor: true },
  ]);
  door.enter('c');
  expect(door.open).toBe(2);
  door.close();
});

it('does not count what was let in and then not written', () => {
  const door = admission();
  door.enter('a');
  door.enter('known key');
  door.leave('known key');
  door.enter('b');
  door.close();
});

it('forgets what nobody decides, since that is no queue', () => {
  const door = admission();
  door.enter('a');
  door.enter('b');
  now += options.forgetAfterMs;
  door.enter('c');
  expect(door.open).toBe(1);
  door.close();
});

it('counts nobody any longer whose notice may have been lost, and learns nothing from them', () => {
  const door = admission();
  door.enter('a');
  door.enter('b');
  door.missed();
  door.enter('c');
  now += options.forgetAfterMs;
  door.decided([{ orderId: 'a', paidFor: true }]);
  expect([door.open, door.limit]).toEqual([1, options.initial]);
  door.close();
});

it('leaves it to the bound of the outbox while nobody hears of orders, and learns nothing from that', () => {
  const door = admission();
  unheard = true;
  for (let n = 0; n < 50; n += 1) door.enter(`${n}`);
  now += 5_000;
  door.decided(Array.from({ length: 50 }, (_, n) => ({ orderId: `${n}`, paidFor: true })));
  unheard = false;
  expect([door.open, door.limit]).toEqual([0, options.initial]);
  door.close();
});
