import { isCatalog, type EventCatalog, type CatalogEntry } from '../../catalog/catalog';
import { isContextDefinition } from '../../catalog/define-context';
import { isEventDefinition } from '../../catalog/define-event';

/**
 * Limit for the search in the exports of a file, which may include a database client with many
 * nested objects.
 */
const MAX_VALUES = 200_000;

interface ExportedDefinitions {
  /** Definitions without duplicates, in the order of the exports. */
  readonly entries: readonly CatalogEntry[];
  readonly catalogs: readonly EventCatalog[];
}

/**
 * Collects the definitions and catalogs that a module exports.
 * Finds direct exports, and those at any depth in plain objects, lists, maps, sets and static
 * fields of classes. Other objects are skipped, and no getters are called except the module's own
 * exports.
 * @param exported the module
 */
export function exportedDefinitions(exported: unknown): ExportedDefinitions {
  const entries = new Set<CatalogEntry>();
  const catalogs = new Set<EventCatalog>();
  const seen = new Set<unknown>();
  const waiting: unknown[] = exportsOf(exported).reverse();
  while (waiting.length > 0 && seen.size < MAX_VALUES) {
    const value = waiting.pop();
    if (seen.has(value)) continue;
    seen.add(value);
    if (isEventDefinition(value) || isContextDefinition(value)) entries.add(value);
    else if (isCatalog(value)) {
      catalogs.add(value);
      for (const entry of value.entries) entries.add(entry);
    } else for (const each of valuesIn(value).reverse()) waiting.push(each);
  }
  return { entries: [...entries], catalogs: [...catalogs] };
}

/**
 * Returns the exports of a module. In compiled modules they are getters, and one of a circular
 * import may throw.
 */
function exportsOf(exported: unknown): unknown[] {
  if (!isObject(exported) || isEventDefinition(exported) || isContextDefinition(exported) || isCatalog(exported))
    return [exported];
  if (typeof exported === 'function' || Array.isArray(exported)) return [exported];
  return Object.keys(exported).flatMap((key) => {
    try {
      return [(exported as Readonly<Record<string, unknown>>)[key]];
    } catch {
      return [];
    }
  });
}

function valuesIn(value: unknown): unknown[] {
  if (!isObject(value)) return [];
  if ('__esModule' in value) return exportsOf(value); // from `export * as`
  if (value instanceof Map || value instanceof Set) return [...value.values()];
  if (typeof value !== 'function' && !Array.isArray(value) && !isPlain(value)) return [];
  return Object.values(Object.getOwnPropertyDescriptors(value)).flatMap(({ enumerable, value: held }) =>
    enumerable === true && isObject(held) ? [held as unknown] : [],
  );
}

/** Returns true for a plain object of any realm, including those created in a sandbox. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
