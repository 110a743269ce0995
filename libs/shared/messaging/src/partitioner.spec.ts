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

const partitionCounts = fc.integer({ min: 1, max: 64 });
const choiceOf = (topic: string, key: string | Buffer, partitions: number) => ({
  topic,
  message: { key, value: '' },
  partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  })),
});
const ours = keyPartitioner();
const theirs = Partitioners.DefaultPartitioner();

it.each([
  ['an event', 'order.events', fc.uuid()],
  ['what is no order id', 'inventory.commands', fc.string({ unit: 'binary' })],
])('chooses the partition that kafkajs chooses for %s', (_, topic, keys) => {
  fc.assert(
    fc.property(keys, partitionCounts, (key, partitions) => {
      const choice = choiceOf(topic, key, partitions);
      expect(ours(choice)).toBe(theirs(choice));
    }),
  );
});

it.each(['inventory.commands', 'order.replies.order-1', 'inventory.commands.dlq'])(
  'keeps together on %s what ends alike, as text and as bytes',
  (topic) => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), partitionCounts, (a, b, partitions) => {
        const chosen = ours(choiceOf(topic, a, partitions));
        const mate = `${b.slice(0, -2)}${a.slice(-2)}`;
        expect(chosen).toBe(Number.parseInt(a.slice(-2), 16) % partitions);
        expect([mate, Buffer.from(mate)].map((key) => ours(choiceOf(topic, key, partitions)))).toEqual([
          chosen,
          chosen,
        ]);
      }),
    );
  },
);

it('puts what says its partition there, and what has no key into the first', () => {
  const choice = choiceOf('inventory.commands', 'k', 6);
  expect(ours({ ...choice, message: { ...choice.message, partition: 5 } })).toBe(5);
  expect(ours({ ...choice, message: { value: '' } })).toBe(0);
});
