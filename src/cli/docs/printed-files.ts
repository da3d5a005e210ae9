/**
 * A folder of documents is committed, and read by people who also put pages of their own into it. So what was written here is
 * listed in a file beside it: nothing else is ever removed or written over, and nothing of an earlier run is left to mislead.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandFailedException } from '../command-failed.exception';

export interface PrintedFile {
  /** Within the folder, with slashes. */
  readonly path: string;
  /** Lines end in LF. */
  readonly text: string;
}

export interface FileChange {
  readonly path: string;
  readonly state: 'missing' | 'different' | 'left over';
}

export class PrintedFolder {
  private readonly manifest: string;
  private readonly planned: ReadonlyMap<string, string>;
  private readonly listed: readonly string[];

  /**
   * @param folder absolute
   * @param format each has its own list, so that several can be in one folder
   * @throws CommandFailedException if the list of what was written cannot be read
   */
  constructor(
    private readonly folder: string,
    format: string,
    files: readonly PrintedFile[],
  ) {
    this.manifest = `.catalog-docs.${format}.json`;
    const paths = files.map(({ path }) => path).sort();
    const list = `${JSON.stringify({ writtenBy: 'event-tracking catalog docs', files: paths }, null, 2)}\n`;
    this.planned = new Map([...files.map(({ path, text }) => [path, text] as const), [this.manifest, list]]);
    this.listed = this.readManifest();
  }

  /** What is not as it would be written, in the order of paths. */
  changes(): readonly FileChange[] {
    const changes: FileChange[] = [];
    for (const [path, text] of this.planned) {
      const found = this.read(path);
      if (found !== text) changes.push({ path, state: found === undefined ? 'missing' : 'different' });
    }
    for (const path of this.listed) {
      if (!this.planned.has(path) && existsSync(join(this.folder, path))) changes.push({ path, state: 'left over' });
    }
    return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** @throws CommandFailedException before anything is written, if a file stands in the way that was not written here */
  write(): readonly FileChange[] {
    const changes = this.changes();
    const own = new Set([...this.listed, this.manifest]);
    const foreign = changes.filter(({ path, state }) => state === 'different' && !own.has(path));
    if (foreign.length > 0)
      throw CommandFailedException.create(
        `${foreign.map(({ path }) => path).join(', ')} in ${this.folder} would be written over, and was not written by this command.`,
        'another folder by --out, or remove it there',
      );
    for (const { path, state } of changes) {
      if (state === 'left over') rmSync(join(this.folder, path));
      else this.put(path, this.planned.get(path) ?? '');
    }
    return changes;
  }

  private put(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Git may have turned the ends of lines into those of Windows, which changes no document. */
  private read(path: string): string | undefined {
    try {
      return readFileSync(join(this.folder, path), 'utf8').replaceAll('\r\n', '\n');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  private readManifest(): readonly string[] {
    const text = this.read(this.manifest);
    if (text === undefined) return [];
    try {
      const { files } = JSON.parse(text) as { readonly files: readonly unknown[] };
      if (files.every(isInside)) return files;
    } catch {
      // said below
    }
    throw CommandFailedException.create(
      `${join(this.folder, this.manifest)}, the list of what was written there, cannot be read.`,
      'take it back from version control, or remove the folder and print it again',
    );
  }
}

/** A path out of the folder would have a file removed that nobody wrote here. */
function isInside(path: unknown): path is string {
  return typeof path === 'string' && /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/.test(path);
}
