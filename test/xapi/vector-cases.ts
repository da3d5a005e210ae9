/**
 * Reads a directory of conversion vectors: `raw/F` with `expected/F`, an `index.json` and cases
 * derived from them in `derived.json`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One event and what Open edX's converter makes of it. */
export interface VectorCase {
  readonly title: string;
  readonly raw: Readonly<Record<string, unknown>>;
  /** Expected conversion; undefined if the converter failed. */
  readonly expected: unknown;
  /** How the converter failed; undefined if it did not. */
  readonly error: string | undefined;
  readonly agent: 'account' | 'mbox' | 'mbox_sha1sum';
}

interface DerivedCase {
  readonly case: string;
  readonly raw: VectorCase['raw'];
  readonly settings?: { readonly XAPI_AGENT_IFI_TYPE?: VectorCase['agent'] };
  readonly expected?: unknown;
  readonly error?: string;
  readonly message?: string;
}

export function vectorCases(directory: string): readonly VectorCase[] {
  const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(directory, ...path), 'utf8'));
  const plain = readdirSync(join(directory, 'raw')).map((file): VectorCase => {
    const expected = read('expected', file);
    const error = (expected as { $error?: string }).$error;
    return {
      ...{ title: file.replace(/\.json$/, ''), raw: read('raw', file) as VectorCase['raw'], agent: 'account', error },
      expected: error === undefined ? expected : undefined,
    };
  });
  const derived = existsSync(join(directory, 'derived.json')) ? (read('derived.json') as DerivedCase[]) : [];
  return [
    ...plain,
    ...derived.map(({ case: title, raw, settings, expected, error, message }): VectorCase => ({
      ...{ title, raw, expected, agent: settings?.XAPI_AGENT_IFI_TYPE ?? 'account' },
      error: error === undefined ? undefined : `${error}: ${message ?? ''}`,
    })),
  ];
}
