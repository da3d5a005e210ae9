/**
 * Writes a folder of documents.
 * The folder is committed, and people add their own pages to it. So the written files are listed in
 * a manifest in the folder: no other file is ever removed or overwritten, and no outdated file of
 * an earlier run remains.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandFailedException } from '../command-failed.exception';

export interface PrintedFile {
  /** Path within the folder, with slashes. */
  readonly path: string;
  /** Content of the file, with LF line endings. */
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
   * Prepares the folder.
   * @param folder absolute path
   * @param format each format has a separate manifest, so that one folder can contain several
   * @throws CommandFailedException if the manifest cannot be read
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

  /** Returns the differences between the folder and the planned files, sorted by path. */
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

  /**
   * Writes the files.
   * @throws CommandFailedException before anything is written, if a file would be overwritten that
   * this command did not write
   */
  write(): readonly FileChange[] {
    const changes = this.changes();
    const own = new Set([...this.listed, this.manifest]);
    const foreign = changes.filter(({ path, state }) => state === 'different' && !own.has(path));
    if (foreign.length > 0)
      throw CommandFailedException.create(
        `${foreign.map(({ path }) => path).join(', ')} in ${this.folder} would be overwritten, but was not written by this command.`,
        'pass another folder with --out, or remove the file',
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

  /** Reads a file. Ignores Windows line endings, which Git may have created. */
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
      // reported below
    }
    throw CommandFailedException.create(
      `${join(this.folder, this.manifest)}, the list of generated files, cannot be read.`,
      'restore it from version control, or remove the folder and run the command again',
    );
  }
}

/**
 * Returns true for a path inside the folder. Another path could remove a file that this command did
 * not write.
 */
function isInside(path: unknown): path is string {
  return typeof path === 'string' && /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/.test(path);
}
