import type { EachBatchPayload } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { rounds } from './rounds.ts';

const payload = (partition: number, count: number) =>
  ({
    batch: { partition, messages: Array.from({ length: count }, (_, at) => ({ offset: String(at) })) },
  }) as EachBatchPayload;

const shapes = (payloads: EachBatchPayload[], max: number) =>
  [...rounds(payloads, max)].map((round) =>
    round.map((share) => [share.payload.batch.partition, share.messages.length]),
  );

describe('rounds', () => {
  it('take all partitions at once when they fit', () => {
    expect(shapes([payload(0, 3), payload(1, 4)], 10)).toEqual([
      [
        [0, 3],
        [1, 4],
      ],
    ]);
  });

  it('cut a backlog in order, across partitions', () => {
    expect(shapes([payload(0, 7), payload(1, 4)], 5)).toEqual([
      [[0, 5]],
      [
        [0, 2],
        [1, 3],
      ],
      [[1, 1]],
    ]);
    const offsets = [...rounds([payload(0, 7)], 3)]
      .flat()
      .flatMap(({ messages }) => messages.map(({ offset }) => offset));
    expect(offsets).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('are never empty', () => {
    expect(shapes([payload(0, 5)], 5)).toEqual([[[0, 5]]]);
    expect(shapes([payload(0, 0)], 5)).toEqual([]);
  });
});
