import { readCatalog, type CatalogEntry } from '../catalog/catalog';
import { EventDefinitionException } from '../catalog/event-definition.exception';
import { isAbsoluteIri } from '../catalog/statement/statement-shape';
import { OptionChecker } from '../common/option-checker';
import type { OptionPlace, OptionRules } from '../common/option-place';
import { checked, flag, oneOf, optionsOf, synchronous, text } from '../common/option-rules';
import { isObject } from '../common/value-kinds';
import { urlRule } from '../backends/url-rule';
import { checkByName, checkRowsByName } from './by-name-rule';
import type { XapiOverride } from './row';
import type { XapiMapping, XapiOptions } from './xapi-options';

const EXAMPLE = "toXapi({ rootUrl: 'https://lms.example' })";
const ROW_FIX = "{ verb: { id: 'https://…', display: 'paid' }, object: { id: 'data.url', type: 'https://…' } }";

const override: OptionRules<XapiOverride> = {
  actor: synchronous(),
  verb: synchronous(),
  object: synchronous(),
  result: synchronous(),
  context: synchronous(),
};
const overrideRule = optionsOf(override);

/** Rules for the options that `toXapi` and XapiBackend share. */
export const XAPI_MAPPING_RULES: OptionRules<XapiMapping> = {
  rootUrl: urlRule(['http:', 'https:'], { isRequired: true }),
  version: oneOf(['1.0.3', '2.0'], { fix: 'leave it out (1.0.3)' }),
  ids: oneOf(['openedx', 'event'], { fix: 'leave it out (openedx)' }),
  rows: checked('rows by event name', checkRows, { fix: `rows: { 'invoice.paid': ${ROW_FIX} }` }),
  catalog: checked('a catalog or a list of definitions', checkCatalog, { fix: 'catalog: defineCatalog([...])' }),
  openEdx: flag(),
  override: checked('overrides by event name', checkOverrides, {
    fix: "override: { '*': { actor: (actor) => actor } }",
  }),
  transformer: text(),
};

const RULES: OptionRules<XapiOptions> = {
  ...XAPI_MAPPING_RULES,
  actor: synchronous({ fix: 'make it synchronous, or give it to XapiBackend, which waits for it' }),
  courseName: synchronous({ fix: 'make it synchronous, or give it to XapiBackend, which waits for it' }),
};

/** @throws TrackingConfigException with all errors */
export function checkXapiOptions(options: XapiOptions): void {
  const check = new OptionChecker('toXapi', { example: EXAMPLE });
  check.read(options, RULES);
  check.throwIfAny();
}

function checkRows(rows: unknown, place: OptionPlace): void {
  checkRowsByName(rows, place, ROW_FIX, checkRow);
}

function checkCatalog(catalog: unknown, place: OptionPlace): void {
  try {
    readCatalog(catalog as readonly CatalogEntry[]);
  } catch (error) {
    if (!(error instanceof EventDefinitionException)) throw error;
    for (const { option, what, fix } of error.errors) place.add(`is wrong at ${option}: ${what}.`, fix);
  }
}

function checkRow({ verb, object }: Readonly<Record<string, unknown>>, place: OptionPlace): void {
  if (!isObject(verb) || !isAbsoluteIri(verb['id'])) place.add('has no verb.id, the absolute IRI of its verb.');
  if (!isObject(object) || object['id'] === undefined)
    place.add('has no object.id, where the IRI of its object comes from.');
}

function checkOverrides(overrides: unknown, place: OptionPlace): void {
  checkByName(overrides, place, 'overrides by event name', (each, at) => {
    overrideRule.check(each, at);
  });
}
