import { eventTopics } from '@ringshop/contracts';
import type { ICustomPartitioner } from 'kafkajs';
import { namesOrder } from './answerable.ts';

const events = new Set<string>(eventTopics);

/**
 * Commands and replies go by the last byte of the order's id, modulo the partitions. Orders that leave together share it, so their
 * messages stay together whoever works on them: spread by a hash, a batch falls to pieces between the replicas of a service, and
 * each of them does as much for its piece as for the whole (docs/adr/0025-what-travels-together.md).
 *
 * What strangers read or send, events and other keys, is where every other Kafka client would put it: murmur2, made positive,
 * modulo the partitions (Java's `Utils.murmur2` and `DefaultPartitioner`). kafkajs chooses the same one, but in 64-bit
 * arithmetic on objects, which cost as much as the rest of a produce.
 */
export const keyPartitioner: ICustomPartitioner =
  () =>
  ({ topic, message: { key, partition }, partitionMetadata: { length: partitions } }) => {
    if (partition !== undefined) return partition;
    // Any partition will do, and the first one is as good as any for the few dead letters that have no key.
    if (key == null) return 0;
    const text = String(key);
    if (namesOrder(text) && !events.has(topic)) return Number.parseInt(text.slice(-2), 16) % partitions;
    return (murmur2(Buffer.from(key)) & 0x7fff_ffff) % partitions;
  };

const m = 0x5bd1_e995;

/** MurmurHash2 by Austin Appleby, 32 bits, with Kafka's seed. */
export function murmur2(data: Buffer): number {
  const { length } = data;
  const whole = length & ~3;
  let hash = 0x9747_b28c ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(data.readInt32LE(at), m);
    word ^= word >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(word, m);
  }
  if (whole < length) {
    hash ^= data.readUIntLE(whole, length - whole);
    hash = Math.imul(hash, m);
  }
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}
