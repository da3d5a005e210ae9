/**
 * New memory for each chunk costs more than what is done with it: the kernel has to clear it, page by page. So the memory of a
 * chunk that is written is used for the next one. Only whoever knows that nobody reads a chunk any more may give it back: a
 * write that hangs in a thread of its own would otherwise put other lines into the file.
 */
const encoder = new TextEncoder();

/** Beyond it the memory is not kept: one burst must not be paid for until the process ends. */
const MAX_KEPT_BYTES = 2_097_152;
const MIN_BYTES = 65_536;

export class ChunkEncoder {
  private spare: ArrayBuffer | undefined;

  /** @returns the text in UTF-8, in memory that is the caller's until it is given back */
  encode(text: string): Buffer {
    const memory = this.memoryFor(text.length);
    const { read, written } = encoder.encodeInto(text, new Uint8Array(memory));
    if (read === text.length) return Buffer.from(memory, 0, written);
    this.spare = memory;
    return Buffer.from(text); // much of it is not ASCII
  }

  /** @param bytes from `encode`, which nobody reads any more */
  giveBack(bytes: Buffer): void {
    const { buffer, byteOffset } = bytes;
    // What Buffer.from gave may be a part of memory that others have a part of too.
    if (byteOffset !== 0 || buffer.byteLength < MIN_BYTES || buffer.byteLength > MAX_KEPT_BYTES) return;
    if (buffer instanceof ArrayBuffer) this.spare = buffer;
  }

  /** With room for some characters that take more than one byte. */
  private memoryFor(length: number): ArrayBuffer {
    const { spare } = this;
    this.spare = undefined;
    const wanted = length + (length >> 3);
    if (spare !== undefined && spare.byteLength >= wanted) return spare;
    return new ArrayBuffer(Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(wanted))));
  }
}
