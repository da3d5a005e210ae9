import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { describeError } from '../event/normal-form';
import { CommandFailedException } from './command-failed.exception';
import { HEAD_BYTES, formOf, type ByteForm } from './log-form';

const CHUNK_BYTES = 1024 * 1024;
/** What is unpacked is given up with the piece in which an archive is damaged, so pieces are small. */
const UNPACKED_BYTES = 64 * 1024;

/**
 * A log that is read from its beginning to its end: a file, or the standard input (`-`). What it is compressed with or encoded in
 * is told by its first bytes, not by its name.
 */
export class LogFile {
  /** How many bytes of the file have been read, before they are unpacked. */
  bytesRead = 0;

  private constructor(
    /** The name of the file for people, without its folders. */
    readonly title: string,
    private readonly path: string | undefined,
    /** Size in bytes; undefined where that cannot be known. */
    readonly bytes: number | undefined,
  ) {}

  /** True if it can be read a second time. */
  get isRepeatable(): boolean {
    return this.bytes !== undefined;
  }

  /**
   * Finds all logs of a command line. A pattern that the shell has left as it is (`tracking.log*`) is looked for in its folder.
   * @throws CommandFailedException if one is missing, or is a folder
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
   * @param take gets each chunk of its UTF-8 text; a chunk may be used for other bytes afterwards
   * @returns why the archive cannot be read to its end; undefined if the log was read to its end
   * @throws CommandFailedException if it cannot be read at all, or is compressed by something that Node.js cannot unpack
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
      await source.return(undefined); // closes the file, if it has not been read to its end
    }
  }

  /** Reads into one buffer again and again: a new one for each chunk would be memory that waits for being collected. */
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

/** @returns the given name itself, if it is a file or is no pattern */
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

/** `*` for any characters, `?` for one. */
export function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 'su');
}

const { compare: inNaturalOrder } = new Intl.Collator('en', { numeric: true });

/** Takes as many chunks as it needs to tell the form, and gives them back with the others. */
async function withForm(source: AsyncGenerator<Buffer>): Promise<{ form: ByteForm; chunks: AsyncIterable<Buffer> }> {
  let head: Buffer | undefined;
  for (;;) {
    const next = await source.next();
    if (next.done === true) break;
    const { value } = next;
    // Only a pipe has a first chunk that is so short; a copy, since the buffer may be used again.
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
 * Hands on each piece as soon as it is unpacked: a stream that fails gives up what it has not been asked for yet, and of an archive
 * that was cut off that is nearly all.
 */
async function unzip(chunks: AsyncIterable<Buffer>, take: (chunk: Buffer) => void): Promise<void> {
  const text = createGunzip({ chunkSize: UNPACKED_BYTES });
  text.on('data', take);
  // The pipeline is done when all has been written to the stream, which is before all has been read from it.
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
