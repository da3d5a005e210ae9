/**
 * The bytes of a record: u32 length, u32 checksum (both little-endian), payload. And those of a settled-mark: u32 offset of the
 * record in its segment, u32 check.
 *
 * A file that lost its last blocks in a crash of the machine often ends in zeros, and zeros must be neither a record nor a mark.
 * So the CRC-32 starts from the inverted length: it covers the length too, and an empty record does not look like nothing.
 * A mark that is read wrong would settle somebody else's event, which is a lost event: so each carries a check of its own.
 * Marks hold offsets and not ordinals: behind a damaged place nobody knows how many records stood there.
 */
import { crc32 } from 'node:zlib';

export const HEADER_BYTES = 8;
export const MARK_BYTES = 8;

export function checksum(payload: Uint8Array): number {
  return crc32(payload, ~payload.length >>> 0);
}

/** A multiplication by an odd number is a bijection: no other offset of this segment has the same check. */
export function checkOfMark(sequence: number, offset: number): number {
  return (Math.imul(offset + 1, 0x9e3779b1) ^ Math.imul(sequence + 1, 0x85ebca6b)) >>> 0;
}
