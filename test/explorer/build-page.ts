import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');

export interface Manifest {
  readonly html: string;
  readonly files: readonly {
    readonly name: string;
    readonly type: string;
    readonly bytes: number;
    readonly gzipBytes: number;
  }[];
}

/** The files of the page, built from their sources into a folder of the test. */
export class BuiltPage {
  readonly folder = mkdtempSync(join(tmpdir(), 'explorer-'));

  async build(): Promise<void> {
    await promisify(execFile)(process.execPath, ['scripts/build-explorer.mjs', '--out', this.folder], { cwd: root });
  }

  manifest(): Manifest {
    return JSON.parse(readFileSync(join(this.folder, 'manifest.json'), 'utf8')) as Manifest;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
