import type * as Ajv2019 from 'ajv/dist/2019';
import type * as Ajv2020 from 'ajv/dist/2020';
import type * as Ajv7 from 'ajv';
import { requirePeer } from '../../common/require-peer';
import type { SchemaCompiler } from './schema-compiler';

const use = { entry: 'nestjs-event-tracking/json-schema', peers: ['ajv'] };

/* eslint-disable @typescript-eslint/no-require-imports -- an import that fails cannot say what fixes it */
const { Ajv2020: Newest } = requirePeer('ajv/dist/2020', use, () => require('ajv/dist/2020') as typeof Ajv2020);
const classFor: Readonly<Record<string, () => new (options: object) => SchemaCompiler>> = {
  'draft/2020-12': () => Newest,
  'draft/2019-09': () => (require('ajv/dist/2019') as typeof Ajv2019).Ajv2019,
  'draft-07': () => (require('ajv') as typeof Ajv7).Ajv,
  'draft-06': () => draftSix((require('ajv') as typeof Ajv7).Ajv),
};
/* eslint-enable @typescript-eslint/no-require-imports */

const OPTIONS = { allErrors: true, strict: false, validateFormats: false, verbose: true };

/**
 * Returns an Ajv class instance for the draft that a schema names.
 * @param dialect value of `$schema`; undefined means 2020-12
 * @returns undefined if Ajv 8 does not support the draft
 */
export function ajvFor(dialect: unknown): SchemaCompiler | undefined {
  if (dialect === undefined) return new Newest(OPTIONS);
  if (typeof dialect !== 'string') return undefined;
  const [, draft = ''] = /^https?:\/\/json-schema\.org\/(draft\/[\w-]+|draft-\d+)\/schema#?$/.exec(dialect) ?? [];
  const Class = Object.hasOwn(classFor, draft) ? classFor[draft]?.() : undefined;
  return Class && new Class(OPTIONS);
}

/** Extends the Ajv for draft-07 with the meta-schema of draft-06. */
function draftSix(Ajv: typeof Ajv7.Ajv): new (options: object) => SchemaCompiler {
  return class extends Ajv {
    constructor(options: object) {
      super(options);
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- read only if there is such a schema
      this.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json') as object);
    }
  };
}
