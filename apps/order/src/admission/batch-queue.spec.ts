import { expect, it } from 'vitest';
import { BatchQueue } from './batch-queue.ts';

/** A batch whose orders are decided so long after it left. */
function passes(queue: BatchQueue, leftAt: number, ...tookMs: number[]): void {
  const batch = queue.leaves(leftAt);
  for (const ms of tookMs) queue.decided(batch, leftAt + ms);
}

it('says what a batch took beyond the least that one took, until none has told for a while', () => {
  const queue = new BatchQueue();
  expect(queue.queuedMs(0)).toBe(0);
  passes(queue, 0, 20);
  expect(queue.queuedMs(20)).toBe(0);
  passes(queue, 100, 75);
  expect([175, 2_175, 2_176].map((now) => queue.queuedMs(now))).toEqual([55, 55, 0]);
});

it('does not take for a queue that a batch is long: only the first of its orders counts', () => {
  const queue = new BatchQueue();
  passes(queue, 0, 20);
  passes(queue, 100, 25, 60, 400);
  expect(queue.queuedMs(500)).toBe(5);
});

it('forgets the least of before the latest three minutes in which there were orders', () => {
  const queue = new BatchQueue();
  passes(queue, 0, 20);
  const after = [1, 2, 3].map((minute) => {
    passes(queue, minute * 60_030, 100);
    return queue.queuedMs(minute * 60_030 + 100);
  });
  expect(after).toEqual([80, 80, 0]);
});
