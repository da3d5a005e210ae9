/**
 * Hashes by which Kafka clients choose the partition of a key. Both give the same results as the
 * named clients for the same bytes.
 */
import { crc32 } from 'node:zlib';

/**
 * 'murmur2': Java clients and kafkajs. 'crc32': librdkafka, and therefore the producers of Open
 * edX.
 */
export type KeyPartitioner = 'murmur2' | 'crc32';

/**
 * Hash functions by name of the partitioner.
 * @returns a non-negative integer; its remainder by the number of partitions is the partition
 */
export const KEY_HASHES: Readonly<Record<KeyPartitioner, (key: Buffer) => number>> = {
  murmur2: (key) => murmur2(key) & 0x7fff_ffff,
  crc32: (key) => crc32(key),
};

const SEED = 0x9747_b28c;
const FACTOR = 0x5bd1_e995;

function murmur2(key: Buffer): number {
  let hash = SEED ^ key.length;
  const whole = key.length - (key.length % 4);
  for (let at = 0; at < whole; at += 4) {
    const word = Math.imul(key.readInt32LE(at), FACTOR);
    hash = Math.imul(hash, FACTOR) ^ Math.imul(word ^ (word >>> 24), FACTOR);
  }
  if (whole < key.length) {
    for (let at = key.length - 1; at >= whole; at--) hash ^= (key[at] ?? 0) << (8 * (at - whole));
    hash = Math.imul(hash, FACTOR);
  }
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR);
  return hash ^ (hash >>> 15);
}
