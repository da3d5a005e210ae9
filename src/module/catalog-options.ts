import { readCatalog, type Catalog, type CatalogEntry } from '../catalog/catalog';
import { EventDefinitionException } from '../catalog/event-definition.exception';
import { isValidationMode, MODES } from '../catalog/validation-mode';
import { optionName, showChoice, showName, showValue, type ConfigError } from '../common/tracking-config.exception';

/** Options of unknown types, since they come from JavaScript and from configuration files. */
interface GivenOptions {
  readonly catalog?: Catalog | readonly CatalogEntry[] | undefined;
  readonly validation?: unknown;
  readonly documentation?: unknown;
}

/**
 * Reads the catalog. Adds errors of the catalog to the configuration errors, so that all are
 * reported together.
 */
export function catalogOf(options: GivenOptions, faults: ConfigError[]): Catalog | undefined {
  const { catalog, validation, documentation } = options;
  if (documentation !== undefined && typeof documentation !== 'boolean')
    faults.push({
      path: 'documentation',
      what: `it is ${showValue(documentation)}, not true or false.`,
      fix: 'documentation: true',
    });
  if (catalog === undefined) {
    if (validation !== undefined && validation !== 'off')
      faults.push({
        path: 'validation',
        what: 'there is no catalog to hold events against.',
        fix: 'catalog: [...] beside it, or leave it out',
      });
    return undefined;
  }
  try {
    const read = readCatalog(catalog);
    faults.push(...validationFaults(validation, read));
    return read;
  } catch (error) {
    if (!(error instanceof EventDefinitionException)) throw error;
    for (const { option, what, fix } of error.faults)
      faults.push({ path: option.startsWith('[') ? `catalog${option}` : `catalog.${option}`, what: `${what}.`, fix });
    return undefined;
  }
}

const KNOWN = ['mode', 'environments', 'events', 'unplanned', 'undeclared', 'showKeys'];
const EXAMPLE =
  "'off', 'report', 'reject', or { mode: 'report', environments: { production: 'off' }, events: { 'video.played': 'reject' } }";

function validationFaults(validation: unknown, { events }: Catalog): ConfigError[] {
  if (validation === undefined || isValidationMode(validation)) return [];
  if (!isObject(validation)) return modeFaults('validation', validation);
  const { mode, environments, events: byName, unplanned, undeclared, showKeys, ...others } = validation;
  const faults = [
    ...Object.keys(others).map((key) => fault(`validation.${optionName(key, KNOWN)}`, 'the option is unknown.')),
    ...modeFaults('validation.mode', mode),
    ...modeFaults('validation.unplanned', unplanned),
    ...modesFaults('validation.environments', environments, (name) => optionName(name)),
    ...modesFaults('validation.events', byName, eventKey),
  ];
  const unknown = Object.keys(isObject(byName) ? byName : {}).filter((name) => !events.has(name));
  for (const name of unknown)
    faults.push(fault(`validation.events.${eventKey(name)}`, 'the catalog has no event of that name.'));
  if (undeclared !== undefined && typeof undeclared !== 'boolean')
    faults.push(fault('validation.undeclared', `it is ${showValue(undeclared)}, not true or false.`));
  if (showKeys !== undefined && typeof showKeys !== 'boolean')
    faults.push(fault('validation.showKeys', `it is ${showValue(showKeys)}, not true or false.`));
  return faults;
}

function eventKey(name: string): string {
  const shown = showName(name);
  return shown.startsWith('"') ? name : `(${shown})`;
}

function modesFaults(path: string, modes: unknown, shown: (key: string) => string): ConfigError[] {
  if (modes === undefined) return [];
  if (!isObject(modes)) return [fault(path, `it is ${showValue(modes)}, not an object of modes by name.`)];
  return Object.entries(modes).flatMap(([key, mode]) => modeFaults(`${path}.${shown(key)}`, mode));
}

function modeFaults(path: string, mode: unknown): ConfigError[] {
  if (mode === undefined || isValidationMode(mode)) return [];
  return [fault(path, `it is ${showChoice(mode, MODES)}.`)];
}

function fault(path: string, what: string): ConfigError {
  return { path, what, fix: EXAMPLE };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
