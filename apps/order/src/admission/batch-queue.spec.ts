import { expect, it } from 'vitest';
import { BatchQueue } from './batch-queue.ts';

/** A batch whose orders are decided so long after it left. */
function passes(queue: BatchQueue, leftAt: number, ...tookMs: number[]): void {
  const batch = queue.leaves(leftAt);
  for (const ms of tookMs) queue.decided(batch, leftAt + ms);
}

it('says what the latest batch took beyond the least, until none has told for a while', () => {
  const queue = new BatchQueue();
  expect(queue.queuedMs(0, 20)).toBe(0);
  passes(queue, 100, 75);
  expect([175, 2_175, 2_176].map((now) => queue.queuedMs(now, 20))).toEqual([55, 55, 0]);
  passes(queue, 200, 15);
  expect(queue.queuedMs(215, 20)).toBe(0);
});

it('does not take for a queue that a batch is long: only the first of its orders counts', () => {
  const queue = new BatchQueue();
  passes(queue, 100, 25, 60, 400);
  expect(queue.queuedMs(500, 20)).toBe(5);
});
