/**
 * Binary format of the segment files.
 *
 * A segment of format 2 (`10000000.v2.seg`) begins with a header of 24 bytes: 8 bytes of magic, u32
 * sequence, 8 random bytes, u32 CRC-32 of these 20 bytes. A segment of format 1 (`00000001.seg`)
 * has no header. Both formats are read; only format 2 is written. Numbers are little-endian. The
 * version is part of the file name, so that older code ignores newer files.
 *
 * Record: u32 length, u32 checksum, payload. Mark of a settled record: u32 offset of the record in
 * its segment, u32 check.
 *
 * A file that lost its last blocks in a crash of the machine often ends in zeros, and zeros must be
 * neither a valid record nor a valid mark. Therefore the CRC-32 starts from the inverted length: it
 * covers the length too, and an empty record is not all zeros. A mark that is misread would settle
 * another event, and that event would be lost. Therefore each mark has its own check, seeded by the
 * header of its segment. The check rejects a mark that was written for another file, after files
 * were swapped or copied. Marks contain offsets and not record numbers, because the number of
 * records in a damaged range is unknown.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Versions of the files that this code reads. It writes the last one. */
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

/**
 * Creates the header of a new segment. Its random bytes make it different from the header of any
 * other segment.
 */
export function createSegmentHeader(sequence: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(sequence, 8);
  randomBytes(8).copy(header, 12);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  return header;
}

/**
 * Reads the header of a segment.
 * @returns the sequence and the seed of the marks of the segment; undefined if the bytes are not a
 * complete header
 */
export function readSegmentHeader(bytes: Buffer): { readonly sequence: number; readonly seed: number } | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  const seed = bytes.readUInt32LE(20);
  return crc32(bytes.subarray(0, 20)) === seed ? { sequence: bytes.readUInt32LE(8), seed } : undefined;
}

/** Returns the seed for the marks of a segment of format 1, which has no header. */
export function seedOfSequence(sequence: number): number {
  return Math.imul(sequence + 1, 0x85ebca6b);
}

/**
 * Returns the check of a mark. Multiplication by an odd number is a bijection, so no two offsets of
 * one segment have the same check.
 */
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
