/**
 * Reuses the memory of a written chunk for the next one. New memory for each chunk costs more than
 * the encoding, because the kernel has to clear it page by page. Only a caller that knows that
 * nothing reads a chunk any longer may give it back. Otherwise a write that hangs in another thread
 * would put other lines into the file.
 */
const encoder = new TextEncoder();

/**
 * Maximum size of memory that is kept, so that one burst does not occupy memory until the process
 * ends.
 */
const MAX_KEPT_BYTES = 2_097_152;
const MIN_BYTES = 65_536;

export class ChunkEncoder {
  private spare: ArrayBuffer | undefined;

  /** @returns the text in UTF-8, in memory that the caller owns until it gives it back */
  encode(text: string): Buffer {
    const memory = this.memoryFor(text.length);
    const { read, written } = encoder.encodeInto(text, new Uint8Array(memory));
    if (read === text.length) return Buffer.from(memory, 0, written);
    this.spare = memory;
    return Buffer.from(text); // much of the text is not ASCII
  }

  /** @param bytes from `encode`, which nothing reads any longer */
  giveBack(bytes: Buffer): void {
    const { buffer, byteOffset } = bytes;
    // Buffer.from may return a part of memory shared with other buffers.
    if (byteOffset !== 0 || buffer.byteLength < MIN_BYTES || buffer.byteLength > MAX_KEPT_BYTES) return;
    if (buffer instanceof ArrayBuffer) this.spare = buffer;
  }

  /** Returns memory with capacity for some characters of more than one byte. */
  private memoryFor(length: number): ArrayBuffer {
    const { spare } = this;
    this.spare = undefined;
    const wanted = length + (length >> 3);
    if (spare !== undefined && spare.byteLength >= wanted) return spare;
    return new ArrayBuffer(Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(wanted))));
  }
}
