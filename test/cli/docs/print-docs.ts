import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { ExitCode } from '../../../src/cli/command';
// Loaded here: what a catalog imports within Jest and is not loaded yet, jiti imports natively,
// which Jest refuses.
import '../../../src/catalog/ajv/ajv-schema';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';

export const SHOP = join(__dirname, 'shop-catalog.ts');
export const RULES = join(__dirname, 'rules-catalog.ts');
export const OPEN_EDX = join(__dirname, 'open-edx-catalog.ts');

/** What the tests read fields of without a word about its type. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Printed {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** A folder that the command runs in, removed by `remove`. */
export class DocsFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'catalog-docs-'));

  /** `event-tracking catalog docs`. */
  async docs(...words: readonly string[]): Promise<Printed> {
    const [out, err] = [new MemoryStream(), new MemoryStream()];
    const code = await runCommand(['catalog', 'docs', ...words], new Terminal(out, err, this.path));
    return { code, out: out.text, err: err.text };
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  json(file: string): Json {
    return JSON.parse(this.read(file));
  }

  /** The files below a folder, sorted. */
  files(folder: string): readonly string[] {
    return readdirSync(join(this.path, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(this.path, folder).length + 1))
      .sort();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

class MemoryStream extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
