import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { describeError } from '../event/normal-form';
import { CommandFailedException } from './command-failed.exception';

const CHUNK_BYTES = 1024 * 1024;

/** A log that is read once: a file, one that gzip has compressed (by its name), or the standard input (`-`). */
export class LogFile {
  /** How far the file has been read. */
  bytesRead = 0;

  private constructor(
    /** For people: the name of the file, without its folders. */
    readonly title: string,
    private readonly path: string | undefined,
    /** undefined where that cannot be told. */
    readonly bytes: number | undefined,
  ) {}

  /** @throws CommandFailedException if there is none */
  static async find(folder: string, given: string): Promise<LogFile> {
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
   * Each chunk holds until the next is asked for.
   * @throws CommandFailedException
   */
  async *chunks(): AsyncGenerator<Buffer> {
    try {
      if (this.path === undefined) yield* this.counted(process.stdin);
      else if (this.path.endsWith('.gz')) yield* this.unzipped(this.path);
      else yield* this.whole(this.path);
    } catch (error) {
      throw cannotBeRead(this.title, error);
    }
  }

  /** Into one buffer, again and again: a new one for each chunk would be memory that waits for being collected. */
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

  private async *unzipped(path: string): AsyncGenerator<Buffer> {
    const compressed = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    compressed.on('data', (chunk) => {
      this.bytesRead += chunk.length;
    });
    // What fails ends both, and is thrown where the text is read.
    const text = pipeline(compressed, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
    yield* text as AsyncIterable<Buffer>;
  }

  private async *counted(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
    for await (const chunk of stream) {
      this.bytesRead += chunk.length;
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }
}

function cannotBeRead(title: string, error: unknown): CommandFailedException {
  if (error instanceof CommandFailedException) return error;
  return CommandFailedException.create(
    `${title} cannot be read: ${describeError(error)}`,
    'the path of a log: tracking.log, tracking.log.gz, or - for the standard input',
    error,
  );
}
