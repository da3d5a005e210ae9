import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { describeError } from '../event/normal-form';
import { CommandFailedException } from './command-failed.exception';
import { HEAD_BYTES, formOf, type ByteForm } from './log-form';

const CHUNK_BYTES = 1024 * 1024;
/**
 * Size of the unpacked chunks. The chunk in which an archive is damaged is lost, so chunks are
 * small.
 */
const UNPACKED_BYTES = 64 * 1024;

/**
 * Reads a log from start to end: a file, or the standard input (`-`). Detects compression and
 * encoding from the first bytes, not from the name.
 */
export class LogFile {
  /** Number of bytes read from the file, before decompression. */
  bytesRead = 0;

  private constructor(
    /** Name of the file for display, without its folders. */
    readonly title: string,
    private readonly path: string | undefined,
    /** Size in bytes; undefined if it cannot be known. */
    readonly bytes: number | undefined,
  ) {}

  /** True if the log can be read a second time. */
  get isRepeatable(): boolean {
    return this.bytes !== undefined;
  }

  /**
   * Finds all logs of a command line. Expands a pattern that the shell has not expanded
   * (`tracking.log*`) in its folder.
   * @throws CommandFailedException if a log is missing, or is a folder
   */
  static async findAll(folder: string, given: readonly string[]): Promise<LogFile[]> {
    const paths = await Promise.all(given.map((each) => matching(folder, each)));
    return Promise.all([...new Set(paths.flat())].map((each) => LogFile.find(folder, each)));
  }

  private static async find(folder: string, given: string): Promise<LogFile> {
    if (given === '-') return new LogFile('standard input', undefined, undefined);
    const path = resolve(folder, given);
    const found = await stat(path).catch((error: unknown) => {
      throw cannotBeRead(given, error);
    });
    if (found.isDirectory())
      throw CommandFailedException.create(
        `${given} is a folder.`,
        'the log itself: tracking.log, tracking.log.gz, or -',
      );
    return new LogFile(basename(path), path, found.isFile() ? found.size : undefined);
  }

  /**
   * Reads the log once.
   * @param take receives each chunk as UTF-8; the chunk's memory may be reused afterwards
   * @returns the reason why the archive cannot be read to its end; undefined if the log was read to
   * its end
   * @throws CommandFailedException if the log cannot be read at all, or its compression is not
   * supported by Node.js
   */
  async read(take: (chunk: Buffer) => void): Promise<string | undefined> {
    this.bytesRead = 0;
    let taken = 0;
    const count = (chunk: Buffer): void => {
      taken += chunk.length;
      take(chunk);
    };
    const source = this.path === undefined ? this.input() : this.whole(this.path);
    try {
      const { form, chunks } = await withForm(source);
      if (form.kind === 'unknown') throw this.packed(form.name, form.command);
      if (form.kind === 'gzip') await unzip(chunks, count);
      else if (form.kind === 'utf-16') await decode(chunks, form.encoding, count);
      else for await (const chunk of chunks) take(chunk);
      return undefined;
    } catch (error) {
      const code = String((error as Partial<NodeJS.ErrnoException> | null)?.code);
      if (code === 'Z_BUF_ERROR' && taken > 0) return 'is cut off: the gzip archive ends there';
      if (code.startsWith('Z_') && taken > 0) return `cannot be read: the gzip archive is damaged there (${code})`;
      throw cannotBeRead(this.title, error);
    } finally {
      await source.return(undefined); // closes the file if it was not read to its end
    }
  }

  /**
   * Reads the file into one reused buffer: a new buffer per chunk would accumulate until garbage
   * collection.
   */
  private async *whole(path: string): AsyncGenerator<Buffer> {
    const file = await open(path);
    try {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
        if (bytesRead === 0) return;
        this.bytesRead += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  private async *input(): AsyncGenerator<Buffer> {
    for await (const chunk of process.stdin as AsyncIterable<Buffer | string>) {
      this.bytesRead += chunk.length;
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }

  private packed(name: string, command: string): CommandFailedException {
    return CommandFailedException.create(
      `${this.title} is compressed by ${name}, which cannot be read here.`,
      `${command} ${this.path === undefined ? '' : `${this.title} `}| event-tracking catalog … -`,
    );
  }
}

/**
 * Expands a pattern.
 * @returns the given name itself if it is a file or not a pattern
 */
async function matching(folder: string, given: string): Promise<string[]> {
  if (given === '-' || !/[*?]/.test(basename(given))) return [given];
  const isThere = await stat(resolve(folder, given)).then(
    () => true,
    () => false,
  );
  if (isThere) return [given];
  const names = await readdir(resolve(folder, dirname(given))).catch(() => []);
  const pattern = wildcard(basename(given));
  const found = names.filter((name) => pattern.test(name)).sort(inNaturalOrder);
  if (found.length > 0) return found.map((name) => join(dirname(given), name));
  throw CommandFailedException.create(`no file matches ${given}.`, 'the path of a log: tracking.log, or tracking.log*');
}

/** Converts a wildcard pattern: `*` for any characters, `?` for one. */
export function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 'su');
}

const { compare: inNaturalOrder } = new Intl.Collator('en', { numeric: true });

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
 * Unpacks an archive and passes on each piece at once. A stream that fails discards the data that
 * was not read yet, which is nearly all of a truncated archive.
 */
async function unzip(chunks: AsyncIterable<Buffer>, take: (chunk: Buffer) => void): Promise<void> {
  const text = createGunzip({ chunkSize: UNPACKED_BYTES });
  text.on('data', take);
  // The pipeline finishes when everything is written to the stream, which is before everything is
  // read from it.
  await Promise.all([pipeline(Readable.from(copies(chunks)), text), finished(text)]);
}

async function* copies(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

async function decode(chunks: AsyncIterable<Buffer>, encoding: string, take: (chunk: Buffer) => void): Promise<void> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) take(Buffer.from(decoder.decode(chunk, { stream: true })));
  take(Buffer.from(decoder.decode()));
}

function cannotBeRead(title: string, error: unknown): CommandFailedException {
  if (error instanceof CommandFailedException) return error;
  return CommandFailedException.create(
    `${title} cannot be read: ${describeError(error)}`,
    'the path of a log: tracking.log, tracking.log.gz, or - for the standard input',
    error,
  );
}
