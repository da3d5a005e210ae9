import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
// Loaded here: what a catalog imports within Jest and is not loaded yet, jiti imports natively,
// which Jest refuses.
import '../../../src/catalog/ajv/ajv-schema';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';

const SOURCE = resolve(__dirname, '../../../src');

export interface Checked {
  readonly code: number;
  readonly out: string;
  readonly told: string;
}

/** A folder with a catalog and its lock, removed by `remove`. */
export class CheckFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'catalog-check-'));
  readonly lockFile = join(this.path, 'events.lock.json');

  /** Writes the catalog that the application has from now on. */
  given(...definitions: string[]): void {
    const text = `
      import { z } from ${JSON.stringify(require.resolve('zod'))};
      import { defineCatalog } from ${JSON.stringify(join(SOURCE, 'catalog/catalog'))};
      import { defineContext } from ${JSON.stringify(join(SOURCE, 'catalog/define-context'))};
      import { defineEvent } from ${JSON.stringify(join(SOURCE, 'catalog/define-event'))};
      import { jsonSchema } from ${JSON.stringify(join(SOURCE, 'catalog/ajv/ajv-schema'))};
      export const catalog = defineCatalog([${definitions.join(',\n')}]);`;
    writeFileSync(join(this.path, 'catalog.ts'), text);
  }

  /** `event-tracking catalog check`. */
  async check(...words: string[]): Promise<Checked> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const terminal = new Terminal(stdout, stderr, this.path);
    const code = await runCommand(['catalog', 'check', '--catalog', 'catalog.ts', ...words], terminal);
    const read = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
    return { code, out: read(stdout), told: read(stderr) };
  }

  /** Writes a catalog, and its lock. */
  async agreed(...definitions: string[]): Promise<void> {
    this.given(...definitions);
    expect(await this.check('--update')).toMatchObject({ code: 0, told: '' });
  }

  lock(): string {
    return readFileSync(this.lockFile, 'utf8');
  }

  /** Replaces a part of the lock. */
  damage(part: string, replacement: string): void {
    writeFileSync(this.lockFile, this.lock().replace(part, replacement));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
