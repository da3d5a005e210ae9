import { transformSync } from '@swc/core';
import * as zod from 'zod';
import { defineCatalog, isCatalog, type EventCatalog } from '../../../src/catalog/catalog';
import { defineContext } from '../../../src/catalog/define-context';
import { defineEvent } from '../../../src/catalog/define-event';
import { draftCatalog } from '../../../src/cli/infer/draft';
import { LogProfile } from '../../../src/cli/infer/log-profile';
import { JSON_SCHEMA, ZOD } from '../../../src/cli/infer/schema-code';
import { eventOf } from '../../../src/cli/event-line';
import { LogValidation, type ValidationResult } from '../../../src/cli/validate/log-validation';
import { jsonSchema } from '../../../src/entries/json-schema';

export interface Entry {
  readonly name: string;
  readonly data: unknown;
  readonly context?: object;
}

export function linesOf(entries: readonly Entry[]): string[] {
  return entries.map(({ name, data, context = {} }, at) =>
    JSON.stringify({ name, timestamp: new Date(Date.UTC(2026, 10, 1) + at).toISOString(), context, data }),
  );
}

/** The file that is drafted from these lines. */
export function draftOf(
  lines: readonly string[],
  schema: 'zod' | 'json-schema' = 'zod',
  title = 'tracking.log',
): string {
  const profile = new LogProfile();
  for (const line of lines) {
    const event = eventOf(JSON.parse(line));
    if (event !== undefined) profile.take(event, line.length);
  }
  return draftCatalog(profile, title, schema === 'zod' ? ZOD : JSON_SCHEMA);
}

const PACKAGES: Readonly<Record<string, unknown>> = {
  'nestjs-event-tracking': { defineCatalog, defineContext, defineEvent },
  'nestjs-event-tracking/json-schema': { jsonSchema },
  zod,
};

/** Loads a draft without its folder: hundreds of them are. `loadCatalog` loads some. */
export function catalogOf(draft: string): EventCatalog {
  const { code } = transformSync(draft, {
    ...{ swcrc: false, module: { type: 'commonjs' } },
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  });
  const exported: { catalog?: unknown } = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- code that was written by what is tested
  new Function('exports', 'require', code)(exported, (name: string) => PACKAGES[name]);
  if (!isCatalog(exported.catalog)) throw new Error('the draft exports no catalog');
  return exported.catalog;
}

export function validate(lines: readonly string[], catalog: EventCatalog): ValidationResult {
  const validation = new LogValidation(catalog, { undeclared: true });
  lines.forEach((line, at) => {
    validation.take(eventOf(JSON.parse(line))!, { line: at + 1 }, line);
  });
  return validation.result();
}
