import { expect, test } from 'vitest';
import { Health } from './health.ts';

test('a service is not ready before it started and while it stops', () => {
  const health = new Health();
  expect(health.ready()).toEqual([{ part: 'service', reason: 'starting' }]);
  health.started();
  expect(health.ready()).toEqual([]);
  health.drain();
  expect(health.ready()).toEqual([{ part: 'service', reason: 'stopping' }]);
  expect(health.live()).toEqual([]);
});

test('a reason makes it red; a dead part is not ready either', () => {
  const health = new Health();
  health.started();
  let dead: string | undefined;
  const remove = health.register('consumer', { live: () => dead, ready: () => 'no partitions yet' });
  expect(health.ready()).toEqual([{ part: 'consumer', reason: 'no partitions yet' }]);
  dead = 'crashed';
  expect(health.live()).toEqual([{ part: 'consumer', reason: 'crashed' }]);
  expect(health.ready()).toHaveLength(2);
  remove();
  expect(health.ready()).toEqual([]);
});

test('a check that throws is red and does not hide the others', () => {
  const health = new Health();
  health.register('broken', {
    live: () => {
      throw new Error('internal');
    },
  });
  health.register('other', { live: () => 'gone' });
  expect(health.live()).toEqual([
    { part: 'broken', reason: 'check failed' },
    { part: 'other', reason: 'gone' },
  ]);
});

test('a note is told and makes nothing red', () => {
  const health = new Health();
  health.started();
  health.register('stock', { note: () => 'Redis is away' });
  health.register('other', { note: () => undefined });
  expect(health.notes()).toEqual([{ part: 'stock', reason: 'Redis is away' }]);
  expect(health.ready()).toEqual([]);
});
