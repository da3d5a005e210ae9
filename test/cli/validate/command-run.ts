import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';

const root = resolve(__dirname, '../../..');

/**
 * What the drafts and catalogs of these tests import, without the rest of the library: it is
 * compiled in each run.
 */
const MAKERS = ['define-event', 'define-context', 'catalog']
  .map((file) => `export * from '${root}/src/catalog/${file}';`)
  .join('\n');
const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noEmit: true },
    ...{ target: 'ES2023', module: 'nodenext', skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [`${root}/node_modules/@types`] },
    paths: {
      'nestjs-event-tracking': ['./makers.ts'],
      'nestjs-event-tracking/json-schema': [`${root}/src/entries/json-schema.ts`],
    },
  },
};

class Written extends Writable {
  text = '';
  constructor(readonly isTTY: boolean) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A folder of an application, and commands that are run in it. */
export class CommandFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'catalog-'));

  constructor() {
    mkdirSync(join(this.path, 'node_modules'));
    for (const name of ['zod', 'arktype', 'valibot', '@valibot', 'ajv'])
      symlinkSync(join(root, 'node_modules', name), join(this.path, 'node_modules', name));
    this.write('makers.ts', MAKERS);
    this.write('tsconfig.json', JSON.stringify(TSCONFIG));
  }

  write(name: string, content: string | Buffer): string {
    writeFileSync(join(this.path, name), content);
    return join(this.path, name);
  }

  async run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    return this.runOn({ isWatched: false }, ...words);
  }

  async runOn(
    { isWatched }: { readonly isWatched: boolean },
    ...words: string[]
  ): Promise<{ code: number; out: string; err: string }> {
    const out = new Written(false);
    const err = new Written(isWatched);
    const code = await runCommand(['catalog', ...words], new Terminal(out, err, this.path));
    return { code, out: out.text, err: err.text };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A line as LoggerBackend writes it. */
export function logLine(name: string, data: unknown, context: object = {}): string {
  return JSON.stringify({ name, timestamp: '2026-11-01T12:00:00.000Z', id: '01a20c71', context, data });
}
