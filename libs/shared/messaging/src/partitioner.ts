import type { ICustomPartitioner } from 'kafkajs';

/**
 * The partition that every other Kafka client would choose for a key: murmur2, made positive, modulo the partitions
 * (Java's `Utils.murmur2` and `DefaultPartitioner`). kafkajs chooses the same one, but in 64-bit arithmetic on objects,
 * which cost as much as the rest of a produce.
 */
export const keyPartitioner: ICustomPartitioner =
  () =>
  ({ message: { key, partition }, partitionMetadata: { length: partitions } }) =>
    // Without a key any partition will do, and the first one is as good as any for the few dead letters that have none.
    partition ?? (key == null ? 0 : (murmur2(Buffer.from(key)) & 0x7fff_ffff) % partitions);

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
