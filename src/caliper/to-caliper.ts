import { OptionChecker } from '../common/option-checker';
import type { OptionPlace, OptionRules } from '../common/option-place';
import { checked, flag, synchronous, text } from '../common/option-rules';
import { showKind } from '../common/show-value';
import { isFunction, isObject, isText } from '../common/value-kinds';
import { urlRule } from '../backends/url-rule';
import { checkByName, checkRowsByName } from '../xapi/by-name-rule';
import type { LearningEvent } from '../xapi/learning-event';
import { CaliperConverter } from './caliper-converter';
import type { CaliperEvent } from './caliper-event';
import type { CaliperMapping, CaliperOptions } from './caliper-options';

const ROW_FIX = "{ type: 'Event', action: 'Viewed', object: { id: 'data.url', type: 'DigitalResource' } }";

/** Rules for the options that `toCaliper` and CaliperBackend share. */
export const CALIPER_MAPPING_RULES: OptionRules<CaliperMapping> = {
  rootUrl: urlRule(['http:', 'https:'], { isRequired: true }),
  rows: checked('rows by event name', checkRows, { fix: `rows: { 'page.viewed': ${ROW_FIX} }` }),
  openEdx: flag(),
  override: checked('functions by event name', checkOverrides, { fix: "override: { '*': (made) => made }" }),
  transformer: text(),
};

const RULES: OptionRules<CaliperOptions> = {
  ...CALIPER_MAPPING_RULES,
  actor: synchronous({ fix: 'make it synchronous, or give it to CaliperBackend, which waits for it' }),
  courseName: synchronous({ fix: 'make it synchronous, or give it to CaliperBackend, which waits for it' }),
};

/**
 * Returns a function that makes Caliper events of events: one, or none for an event without a row.
 * @throws TrackingConfigException with all errors in the options; the returned function throws
 *   LearningMappingException for an event that lacks what its row needs
 */
export function toCaliper(options: CaliperOptions): (event: LearningEvent) => CaliperEvent[] {
  const check = new OptionChecker('toCaliper', { example: "toCaliper({ rootUrl: 'https://lms.example' })" });
  check.read(options, RULES);
  check.throwIfAny();
  const { actor = (_event, user) => user, courseName = () => undefined, ...mapping } = options;
  const converter = new CaliperConverter(mapping, { actor, courseName });
  return (event) => converter.events(event);
}

function checkRows(rows: unknown, place: OptionPlace): void {
  checkRowsByName(rows, place, ROW_FIX, ({ type, action, object }, at) => {
    if (!isText(type) || !isText(action)) at.add('has no type or no action.');
    else if (!isObject(object)) at.add('has no object.');
  });
}

function checkOverrides(overrides: unknown, place: OptionPlace): void {
  checkByName(overrides, place, 'functions by event name', (each, at) => {
    if (!isFunction(each)) at.reject(showKind(each), 'a function');
  });
}
