/**
 * Sizes on the wire, which brokers compare with their limits:
 * https://kafka.apache.org/documentation/#recordbatch
 */
import type { KafkaMessage } from './kafka-port';

/**
 * Default of a broker's `message.max.bytes`, without the 12 bytes that it allows for the start of a
 * batch.
 */
export const MAX_BATCH_BYTES = 1_048_576;
/** Size of the head of a record batch in bytes. */
export const BATCH_HEAD_BYTES = 61;
/**
 * Size of length, attributes, time, offset, and the lengths of key, value and headers, each at its
 * maximum, in bytes.
 */
const RECORD_HEAD_BYTES = 36;
/** Size of the lengths of a header's name and value, in bytes. */
const HEADER_HEAD_BYTES = 10;

/**
 * Estimates the size of headers on the wire.
 * @returns the size of the headers in bytes, overestimated by a few bytes at most
 */
export function headerBytes(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const name in headers) {
    bytes += HEADER_HEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '');
  }
  return bytes;
}

/**
 * Estimates the size of a record on the wire.
 * @param commonBytes size of the headers that all messages share
 * @returns the size of the record before compression in bytes, overestimated by a few bytes at most
 */
export function recordBytes({ key, value, headers }: KafkaMessage, commonBytes: number): number {
  return RECORD_HEAD_BYTES + key.length + value.length + headerBytes(headers) + commonBytes;
}
