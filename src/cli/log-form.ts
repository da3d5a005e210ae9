/**
 * Format of the bytes of a log, detected from its first bytes: names of rotated logs say little
 * (`tracking.log.1`, `.GZ`, a pipe).
 */
export type ByteForm =
  | { readonly kind: 'utf-8' }
  | { readonly kind: 'gzip' }
  | { readonly kind: 'utf-16'; readonly encoding: 'utf-16le' | 'utf-16be' }
  | { readonly kind: 'unknown'; readonly name: string; readonly command: string };

/** Number of bytes that `formOf` needs, if the log has them. */
export const HEAD_BYTES = 6;

const ARCHIVES: readonly (readonly [magic: readonly number[], name: string, command: string])[] = [
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd', 'zstd -dc'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz', 'xz -dc'],
  [[0x42, 0x5a, 0x68], 'bzip2', 'bzip2 -dc'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4', 'lz4 -dc'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip', 'unzip -p'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7-Zip', '7z x -so'],
  [[0x1f, 0x9d], 'compress', 'gzip -dc'],
];

/**
 * Detects the format of a log.
 * @param head first bytes of the log, at least HEAD_BYTES if it has them
 */
export function formOf(head: Buffer): ByteForm {
  if (startsWith(head, [0x1f, 0x8b])) return { kind: 'gzip' };
  const archive = ARCHIVES.find(([magic]) => startsWith(head, magic));
  if (archive !== undefined) return { kind: 'unknown', name: archive[1], command: archive[2] };
  // A byte order mark, or half of an ASCII character: no line of JSON begins with another
  // character.
  if (startsWith(head, [0xff, 0xfe]) || (head.length > 1 && head[0] !== 0 && head[1] === 0))
    return { kind: 'utf-16', encoding: 'utf-16le' };
  if (startsWith(head, [0xfe, 0xff]) || (head.length > 1 && head[0] === 0 && head[1] !== 0))
    return { kind: 'utf-16', encoding: 'utf-16be' };
  return { kind: 'utf-8' };
}

function startsWith(head: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, at) => head[at] === byte);
}
