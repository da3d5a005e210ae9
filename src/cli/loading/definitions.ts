import { isCatalog, type Catalog, type CatalogEntry } from '../../catalog/catalog';
import { isContextDefinition } from '../../catalog/define-context';
import { isEventDefinition } from '../../catalog/define-event';

/** Bounds the search in what a file exports, which may be the client of a database with all that hangs on it. */
const MAX_VALUES = 200_000;

interface ExportedDefinitions {
  /** Each definition once, in the order of the exports. */
  readonly entries: readonly CatalogEntry[];
  readonly catalogs: readonly Catalog[];
}

/**
 * Collects the definitions and catalogs that a module exports: by themselves, and at any depth in plain objects, lists, maps, sets
 * and static fields of classes. Other objects are not looked into, and no getter is called but those of the module itself.
 * @param exported the module
 */
export function exportedDefinitions(exported: unknown): ExportedDefinitions {
  const entries = new Set<CatalogEntry>();
  const catalogs = new Set<Catalog>();
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

/** The exports of a module are getters where it was compiled. One of a circular import may throw. */
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
  if ('__esModule' in value) return exportsOf(value); // of `export * as`
  if (value instanceof Map || value instanceof Set) return [...value.values()];
  if (typeof value !== 'function' && !Array.isArray(value) && !isPlain(value)) return [];
  return Object.values(Object.getOwnPropertyDescriptors(value)).flatMap(({ enumerable, value: held }) =>
    enumerable === true && isObject(held) ? [held as unknown] : [],
  );
}

/** Of any realm, so that what a sandbox has made counts too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
