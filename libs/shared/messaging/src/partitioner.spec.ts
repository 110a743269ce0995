import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { expect, it } from 'vitest';
import { keyPartitioner, murmur2 } from './partitioner.ts';

it.each([
  // The vectors of Kafka's own UtilsTest.testMurmur2.
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
])('murmur2 of %j is what Kafka says', (text, hash) => expect(murmur2(Buffer.from(text))).toBe(hash));

it('chooses the partition that kafkajs chooses, for any key', () => {
  const ours = keyPartitioner();
  const theirs = Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.uuid()),
      fc.integer({ min: 1, max: 64 }),
      (key, partitions) => {
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 1,
          replicas: [1],
          isr: [1],
        }));
        const choice = { topic: 't', partitionMetadata, message: { key, value: '' } };
        expect(ours(choice)).toBe(theirs(choice));
      },
    ),
  );
});
