import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Handled, OffsetCommits } from './offset-commits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function consumer() {
  const committed: string[] = [];
  let resolved = 0;
  const batch: Handled = {
    uncommittedOffsets: () => ({ topics: [{ topic: 't', partitions: [{ partition: 0, offset: String(resolved) }] }] }),
    commitOffsetsIfNecessary: async (offsets) => void committed.push(offsets!.topics[0]!.partitions[0]!.offset),
  };
  const handle = () => {
    resolved++;
    return batch;
  };
  return { committed, handle };
}

it('commits at once after a pause', async () => {
  const { committed, handle } = consumer();
  const commits = new OffsetCommits(100);
  await commits.after(handle());
  vi.advanceTimersByTime(100);
  await commits.after(handle());
  expect(committed).toEqual(['1', '2']);
});

it('commits once for the batches of a busy while, and the last of them too', async () => {
  const { committed, handle } = consumer();
  const commits = new OffsetCommits(100);
  for (let batch = 0; batch < 10; batch++) await commits.after(handle());
  expect(committed).toEqual(['1']);
  await vi.advanceTimersByTimeAsync(100);
  expect(committed).toEqual(['1', '10']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(committed).toHaveLength(2);
});

it('commits what is left when it is told to', async () => {
  const { committed, handle } = consumer();
  const commits = new OffsetCommits(100);
  await commits.after(handle());
  await commits.after(handle());
  await commits.flush();
  expect(committed).toEqual(['1', '2']);
});

it('tells of a group that moved on while a batch waits for it, and not where nobody listens', async () => {
  const commits = new OffsetCommits(100);
  const moved: Handled = {
    uncommittedOffsets: () => ({ topics: [] }),
    commitOffsetsIfNecessary: () => Promise.reject(new Error('rebalancing')),
  };
  await expect(commits.after(moved)).rejects.toThrow('rebalancing');
  await commits.after(moved);
  await commits.flush();
});
