import { isObject } from '../../common/value-kinds';
import { COMPUTED } from './read-statement';

/** One value of a statement, at a path such as `object.id` or `result.extensions["https://…"]`. */
export interface StatementLeaf {
  readonly path: string;
  readonly value: unknown;
}

/** Lists the values of the document of a statement. Lists are values. */
export function statementLeaves(document: object, path = ''): StatementLeaf[] {
  return Object.entries(document).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    const below = path === '' ? key : /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    return isObject(value) ? statementLeaves(value, below) : [{ path: below, value }];
  });
}

export function isComputed(value: unknown): boolean {
  return value === COMPUTED;
}
