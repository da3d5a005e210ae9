/** Sizes on the wire, which are those that brokers compare with their limits: https://kafka.apache.org/documentation/#recordbatch */
import type { KafkaMessage } from './kafka-port';

/** Default of `message.max.bytes` of a broker, without the 12 bytes that it allows for the start of a batch. */
export const MAX_BATCH_BYTES = 1_048_576;
/** Head of a record batch. */
export const BATCH_HEAD_BYTES = 61;
/** Length, attributes, time, offset, and the lengths of key, value and headers, each as long as it can be. */
const RECORD_HEAD_BYTES = 36;
/** Lengths of its name and its value. */
const HEADER_HEAD_BYTES = 10;

/** @returns at most a few bytes more than the headers take */
export function headerBytes(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const name in headers) {
    bytes += HEADER_HEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '');
  }
  return bytes;
}

/**
 * @param commonBytes of the headers that all messages have
 * @returns at most a few bytes more than the record takes before compression
 */
export function recordBytes({ key, value, headers }: KafkaMessage, commonBytes: number): number {
  return RECORD_HEAD_BYTES + key.length + value.length + headerBytes(headers) + commonBytes;
}
