import { readCatalog, type EventCatalog, type CatalogEntry } from '../catalog/catalog';
import { EventDefinitionException } from '../catalog/event-definition.exception';
import { isValidationMode, MODES, type ValidationOptions } from '../catalog/validation-mode';
import { OptionPlace, type OptionRule, type OptionRules } from '../common/option-place';
import { checked, flag, oneOf } from '../common/option-rules';
import { optionName, showName, showValue, type ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';

/** Options of unknown types, since they come from JavaScript and from configuration files. */
interface GivenOptions {
  readonly catalog?: EventCatalog | readonly CatalogEntry[] | undefined;
  readonly validation?: unknown;
}

/**
 * Reads the catalog. Adds errors of the catalog to the configuration errors, so that all are
 * reported together.
 */
export function catalogOf({ catalog, validation }: GivenOptions, errors: ConfigError[]): EventCatalog | undefined {
  if (catalog === undefined) {
    if (validation !== undefined && validation !== 'off')
      errors.push({
        path: 'validation',
        what: 'there is no catalog to validate events against.',
        fix: 'add catalog: [...], or leave it out',
      });
    return undefined;
  }
  try {
    const read = readCatalog(catalog);
    checkValidation(validation, read, OptionPlace.inPath(errors, 'validation', EXAMPLE));
    return read;
  } catch (error) {
    if (!(error instanceof EventDefinitionException)) throw error;
    for (const { option, what, fix } of error.errors)
      errors.push({ path: option.startsWith('[') ? `catalog${option}` : `catalog.${option}`, what: `${what}.`, fix });
    return undefined;
  }
}

const EXAMPLE =
  "'off', 'report', 'reject', or { mode: 'report', environments: { production: 'off' }, events: { 'video.played': 'reject' } }";
const MODE = oneOf(MODES, { fix: EXAMPLE });

function checkValidation(validation: unknown, { events }: EventCatalog, place: OptionPlace): void {
  if (validation === undefined || isValidationMode(validation)) return;
  if (!isObject(validation)) {
    MODE.check(validation, place);
    return;
  }
  const rules: OptionRules<ValidationOptions> = {
    mode: MODE,
    environments: modesBy((name) => optionName(name)),
    events: modesBy(eventKey, (name) => events.has(name)),
    unplanned: MODE,
    undeclared: flag({ fix: EXAMPLE }),
    showKeys: flag({ fix: EXAMPLE }),
  };
  place.checkOptions(validation, rules);
}

/** Rule for an object with a mode for each name. */
function modesBy(shown: (name: string) => string, isKnown = (_name: string): boolean => true): OptionRule {
  const expected = 'an object of modes by name';
  return checked(expected, checkModes, { fix: EXAMPLE });

  function checkModes(modes: unknown, place: OptionPlace): void {
    if (!isObject(modes)) {
      place.reject(showValue(modes), expected);
      return;
    }
    for (const [name, mode] of Object.entries(modes)) {
      const inside = place.inside(shown(name));
      if (mode !== undefined) MODE.check(mode, inside);
      if (!isKnown(name)) inside.add('is not the name of an event in the catalog.');
    }
  }
}

function eventKey(name: string): string {
  const shown = showName(name);
  return shown.startsWith('"') ? name : `(${shown})`;
}
