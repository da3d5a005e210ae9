import { readCatalog, type Catalog, type CatalogEntry } from '../catalog/catalog';
import { EventDefinitionException } from '../catalog/event-definition.exception';
import { isValidationMode } from '../catalog/validation-mode';
import { showValue, type ConfigFault } from '../routing/tracking-config.exception';

/** Untrusted: they come from JavaScript, and from settings, too. */
interface GivenOptions {
  readonly catalog?: Catalog | readonly CatalogEntry[] | undefined;
  readonly validation?: unknown;
  readonly documentation?: unknown;
}

/** A fault of the catalog is one of the configuration, and is reported with the others. */
export function catalogOf(options: GivenOptions, faults: ConfigFault[]): Catalog | undefined {
  const { catalog, validation, documentation } = options;
  if (documentation !== undefined && typeof documentation !== 'boolean')
    faults.push({
      path: 'documentation',
      what: `it is ${showValue(documentation)}, not true or false.`,
      mend: 'documentation: true',
    });
  if (catalog === undefined) {
    if (validation !== undefined && validation !== 'off')
      faults.push({
        path: 'validation',
        what: 'there is no catalog to hold events against.',
        mend: 'catalog: [...] beside it, or leave it out',
      });
    return undefined;
  }
  try {
    const read = readCatalog(catalog);
    faults.push(...validationFaults(validation, read));
    return read;
  } catch (error) {
    if (!(error instanceof EventDefinitionException)) throw error;
    for (const { option, what, mend } of error.faults)
      faults.push({ path: `catalog${option}`, what: `${what}.`, mend });
    return undefined;
  }
}

function validationFaults(validation: unknown, { events }: Catalog): ConfigFault[] {
  if (validation === undefined || isValidationMode(validation)) return [];
  const mend =
    "'off', 'report', 'reject', or { mode: 'report', environments: { production: 'off' }, events: { 'video.played': 'reject' } }";
  const fault = (path: string, what: string): ConfigFault => ({ path, what, mend });
  if (typeof validation !== 'object' || validation === null)
    return [fault('validation', `it is ${showValue(validation)}.`)];
  const {
    mode,
    environments = {},
    events: byName = {},
    unplanned,
    undeclared,
    ...others
  } = validation as Record<string, unknown>;
  const faults = Object.keys(others).map((key) => fault(`validation.${key}`, 'the option is unknown.'));
  const modes = { mode, unplanned, ...prefixed('environments', environments), ...prefixed('events', byName) };
  for (const [path, value] of Object.entries(modes)) {
    if (value !== undefined && !isValidationMode(value))
      faults.push(fault(`validation.${path}`, `it is ${showValue(value)}.`));
  }
  for (const name of Object.keys(byName as object)) {
    if (!events.has(name)) faults.push(fault(`validation.events.${name}`, 'the catalog has no event of that name.'));
  }
  if (undeclared !== undefined && typeof undeclared !== 'boolean')
    faults.push(fault('validation.undeclared', `it is ${showValue(undeclared)}, not true or false.`));
  return faults;
}

function prefixed(prefix: string, values: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values as object).map(([key, value]) => [`${prefix}.${key}`, value]));
}
