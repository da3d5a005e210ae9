import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describeError } from '../event/normal-form';
import { CommandFailedException } from './command-failed.exception';
import { readBytes, type TakeChunk, type UnknownForm } from './log-bytes';

const CHUNK_BYTES = 1024 * 1024;
const MAX_HEAD_BYTES = 4096;
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
    /** Absolute path; undefined for the standard input. */
    readonly path: string | undefined,
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
        'pass the log itself: tracking.log, tracking.log.gz, or -',
      );
    return new LogFile(basename(path), path, found.isFile() ? found.size : undefined);
  }

  /**
   * Returns the size and the hash of the first bytes, by which a log is known again after it was
   * renamed; undefined for a log that can be read only once.
   * @param maxBytes number of bytes, if the log has them
   */
  async head(maxBytes = MAX_HEAD_BYTES): Promise<{ readonly bytes: number; readonly sha256: string } | undefined> {
    if (this.path === undefined || this.bytes === undefined) return undefined;
    const file = await open(this.path);
    try {
      const buffer = Buffer.alloc(maxBytes);
      const { bytesRead } = await file.read(buffer, 0, maxBytes, 0);
      return { bytes: bytesRead, sha256: createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex') };
    } finally {
      await file.close();
    }
  }

  /**
   * Reads the log once.
   * @param take receives each chunk as UTF-8; the chunk's memory may be reused afterwards
   * @returns the reason why the archive cannot be read to its end; undefined if the log was read to
   * its end
   * @throws CommandFailedException if the log cannot be read at all, or its compression is not
   * supported by Node.js
   */
  async read(take: TakeChunk): Promise<string | undefined> {
    this.bytesRead = 0;
    try {
      const source = this.path === undefined ? this.input() : this.whole(this.path);
      return await readBytes(source, take, (form) => this.packed(form));
    } catch (error) {
      throw cannotBeRead(this.title, error);
    }
  }

  /** Gives the bytes of the log to an import. Returns as `read` does. */
  feed(run: { take(chunk: Buffer): Promise<void> }): Promise<string | undefined> {
    return this.read((chunk) => run.take(chunk));
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

  private packed({ name, command }: UnknownForm): CommandFailedException {
    return CommandFailedException.create(
      `${this.title} is compressed with ${name}, which this command cannot read.`,
      `${command} ${this.path === undefined ? '' : `${this.title} `}| event-tracking … -`,
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
  throw CommandFailedException.create(
    `no file matches ${given}.`,
    'pass the path of a log: tracking.log, or tracking.log*',
  );
}

/** Converts a wildcard pattern: `*` for any characters, `?` for one. */
export function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 'su');
}

const { compare: inNaturalOrder } = new Intl.Collator('en', { numeric: true });

function cannotBeRead(title: string, error: unknown): CommandFailedException {
  if (error instanceof CommandFailedException) return error;
  return CommandFailedException.create(
    `${title} cannot be read: ${describeError(error)}`,
    'pass the path of a log: tracking.log, tracking.log.gz, or - for the standard input',
    error,
  );
}
