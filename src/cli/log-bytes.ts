/** Reads the bytes of a log as UTF-8: detects its compression and its encoding. */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { HEAD_BYTES, formOf, type ByteForm } from './log-form';

/**
 * Receives a chunk, whose memory may be reused afterwards. The next chunk comes when its promise
 * has resolved.
 */
export type TakeChunk = (chunk: Buffer) => Promise<void> | void;

/** A compression that Node.js does not have. */
export type UnknownForm = Extract<ByteForm, { readonly kind: 'unknown' }>;

/**
 * Size of the unpacked chunks. The chunk in which an archive is damaged is lost, so chunks are
 * small.
 */
const UNPACKED_BYTES = 64 * 1024;
/** Size of the packed pieces. One piece unpacks to at most about 16 MB, which are held at once. */
const PACKED_BYTES = 16 * 1024;

/**
 * Reads a log once.
 * @param refuse returns the error for a compression that Node.js does not have
 * @returns the reason why the archive cannot be read to its end; undefined if the log was read to
 *   its end
 * @throws the error of `source`, of `take` or of `refuse`; and an error of zlib if nothing could be
 *   unpacked
 */
export async function readBytes(
  source: AsyncGenerator<Buffer>,
  take: TakeChunk,
  refuse: (form: UnknownForm) => Error,
): Promise<string | undefined> {
  try {
    const { form, chunks } = await withForm(source);
    switch (form.kind) {
      case 'unknown':
        throw refuse(form);
      case 'gzip':
        return await unzip(chunks, take);
      case 'utf-16':
        await decode(chunks, form.encoding, take);
        return undefined;
      case 'utf-8':
        for await (const chunk of chunks) await take(chunk);
        return undefined;
    }
  } finally {
    await source.return(undefined); // closes the file if it was not read to its end
  }
}

/**
 * Reads as many chunks as it needs to detect the form, and returns them together with the others.
 */
async function withForm(source: AsyncGenerator<Buffer>): Promise<{ form: ByteForm; chunks: AsyncIterable<Buffer> }> {
  let head: Buffer | undefined;
  for (;;) {
    const next = await source.next();
    if (next.done === true) break;
    const { value } = next;
    // Only a pipe has such a short first chunk. Copied, since the buffer may be reused.
    head = head === undefined ? value : Buffer.concat([head, value]);
    if (head.length >= HEAD_BYTES) break;
    head = Buffer.from(head);
  }
  const first = head ?? Buffer.alloc(0);
  async function* chunks(): AsyncGenerator<Buffer> {
    if (first.length > 0) yield first;
    yield* source;
  }
  return { form: formOf(first), chunks: chunks() };
}

/**
 * Unpacks an archive piece by piece. A stream that fails discards the data that was not read yet,
 * which is nearly all of a truncated archive; so each unpacked chunk is collected at once, and the
 * next piece is given to the stream when all chunks are taken.
 * @returns the reason why the rest cannot be read
 */
async function unzip(chunks: AsyncIterable<Buffer>, take: TakeChunk): Promise<string | undefined> {
  const text = createGunzip({ chunkSize: UNPACKED_BYTES });
  const ready: Buffer[] = [];
  let taken = 0;
  let failure: NodeJS.ErrnoException | undefined;
  let proceed = (): void => undefined;
  text.on('data', (chunk: Buffer) => ready.push(chunk));
  text.on('error', (error) => {
    failure = error;
    proceed(); // a stream that fails does not call back for what it was given
  });
  const takeReady = async (): Promise<void> => {
    await nextTurn(); // chunks can come one turn after the piece that they are made of
    for (const chunk of ready.splice(0)) {
      taken += chunk.length;
      await take(chunk);
    }
  };
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && failure === undefined; at += PACKED_BYTES) {
        const piece = Buffer.from(chunk.subarray(at, at + PACKED_BYTES));
        await new Promise<void>((resolve) => {
          proceed = resolve;
          text.write(piece, () => {
            resolve();
          });
        });
        await takeReady();
      }
      if (failure !== undefined) break;
    }
    if (failure === undefined) {
      text.end();
      await once(text, 'end').catch(() => undefined); // the failure has its own listener
    }
    await takeReady();
  } finally {
    text.destroy();
  }
  return failure === undefined ? undefined : endOf(failure, taken);
}

/** @throws the failure, if nothing could be unpacked before it */
function endOf(failure: NodeJS.ErrnoException, taken: number): string {
  const code = String(failure.code);
  if (taken === 0 || !code.startsWith('Z_')) throw failure;
  if (code === 'Z_BUF_ERROR') return 'is incomplete: the gzip archive ends there';
  return `cannot be read: the gzip archive is damaged there (${code})`;
}

async function decode(chunks: AsyncIterable<Buffer>, encoding: string, take: TakeChunk): Promise<void> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) await take(Buffer.from(decoder.decode(chunk, { stream: true })));
  await take(Buffer.from(decoder.decode()));
}
