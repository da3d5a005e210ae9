/**
 * The bytes of the segment files.
 *
 * A segment of format 2 (`10000000.v2.seg`) begins with a header of 24 bytes: 8 of magic, u32 sequence, 8 random bytes,
 * u32 CRC-32 of those 20. One of format 1 (`00000001.seg`) has none; both are read, only format 2 is written. Numbers are
 * little-endian. The version is in the name, so that older code leaves a newer file alone.
 *
 * A record: u32 length, u32 checksum, payload. A settled-mark: u32 offset of the record in its segment, u32 check.
 *
 * A file that lost its last blocks in a crash of the machine often ends in zeros, and zeros must be neither a record nor a
 * mark. So the CRC-32 starts from the inverted length: it covers the length too, and an empty record does not look like
 * nothing. A mark that is read wrong would settle another event, which is a lost event: so each carries a check of its own,
 * seeded by the header of its segment. A mark that was written for another file, because files were swapped or copied,
 * does not fit. Marks hold offsets and not ordinals: behind a damaged place nothing tells how many records there were.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Versions of the files that this code reads; it writes the last one. */
export type SegmentFormat = 1 | 2;
export const NEWEST_FORMAT = 2;

/** Bytes before the payload of a record. */
export const HEADER_BYTES = 8;
export const MARK_BYTES = 8;
/** Bytes before the first record of a segment of format 2. */
export const SEGMENT_HEADER_BYTES = 24;

const MAGIC = Buffer.from('ETSEG\u0002\r\n', 'latin1');

export function checksum(payload: Uint8Array): number {
  return crc32(payload, ~payload.length >>> 0);
}

/** The header of a new segment, unlike any other's. */
export function createSegmentHeader(sequence: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(sequence, 8);
  randomBytes(8).copy(header, 12);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  return header;
}

/** @returns the seed of the marks of that segment; undefined if the bytes are no whole header */
export function readSegmentHeader(bytes: Buffer): { readonly sequence: number; readonly seed: number } | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  const seed = bytes.readUInt32LE(20);
  return crc32(bytes.subarray(0, 20)) === seed ? { sequence: bytes.readUInt32LE(8), seed } : undefined;
}

/** Seeds the marks of a segment of format 1, which has no header. */
export function seedOfSequence(sequence: number): number {
  return Math.imul(sequence + 1, 0x85ebca6b);
}

/** A multiplication by an odd number is a bijection: no other offset of this segment has the same check. */
export function checkOfMark(seed: number, offset: number): number {
  return (Math.imul(offset + 1, 0x9e3779b1) ^ seed) >>> 0;
}

export function encodeMarks(seed: number, offsets: readonly number[]): Buffer {
  const marks = Buffer.allocUnsafe(offsets.length * MARK_BYTES);
  let at = 0;
  for (const offset of offsets) {
    marks.writeUInt32LE(offset, at);
    marks.writeUInt32LE(checkOfMark(seed, offset), at + 4);
    at += MARK_BYTES;
  }
  return marks;
}
