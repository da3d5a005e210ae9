import type { ValueChange } from './api';

/** Maximum number of changes that are listed for one step. */
const MAX_CHANGES = 200;
/** Maximum depth to which two values are compared; deeper ones are compared as JSON. */
const MAX_DEPTH = 20;

/**
 * Lists the differences between two values of an event, by path. Both are plain JSON values and
 * dates. The list ends after 200 changes.
 * @param path path of both values, for example `data`
 */
export function changesBetween(before: unknown, after: unknown, path: string): ValueChange[] {
  const changes: ValueChange[] = [];
  collect(changes, before, after, path, 0);
  return changes;
}

function collect(changes: ValueChange[], before: unknown, after: unknown, path: string, depth: number): void {
  if (before === after || changes.length >= MAX_CHANGES) return;
  if (before === undefined) changes.push({ path, kind: 'added', after });
  else if (after === undefined) changes.push({ path, kind: 'removed', before });
  else if (depth < MAX_DEPTH && isNested(before) && isNested(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(changes, before[key], after[key], joined(path, key, Array.isArray(before)), depth + 1);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) changes.push({ path, kind: 'changed', before, after });
}

function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

const PLAIN_KEY = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

function joined(path: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${path}[${key}]`;
  return PLAIN_KEY.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
