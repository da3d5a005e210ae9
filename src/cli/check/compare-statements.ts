/** Compares the xAPI statements of an event: what breaks readers of stored statements. */
import { canonicalJson } from '../../catalog/canonical-json';
import type { StatementDocument } from '../../catalog/statement/statement-definition';
import { isComputed, statementLeaves } from '../../catalog/statement/statement-leaves';
import { breaking, harmless, type Change } from './change';

type Leaves = ReadonlyMap<string, unknown>;

/** Text for people, which no query depends on. */
const WORDS = /^xapi\.(verb\.display|(object|context\.grouping)\.(name|description))\b/;

export function compareStatements(was: StatementDocument | undefined, is: StatementDocument | undefined): Change[] {
  if (was === undefined)
    return is === undefined ? [] : [harmless('statement-added', { path: 'xapi', is: verbOf(leavesOf(is)) })];
  if (is === undefined)
    return [
      breaking('statement-removed', { path: 'xapi', was: verbOf(leavesOf(was)), what: 'xAPI statement removed' }),
    ];
  const [before, after] = [leavesOf(was), leavesOf(is)];
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  // A part that a function makes now, or made before, is compared by its fields on the other side.
  const isWhole = (path: string): boolean => !paths.some((other) => isBelow(other, path));
  return paths.filter(isWhole).flatMap((path) => changeOf(path, before, after));
}

/** Left out, it is true. */
const COURSE = 'xapi.context.course';

function leavesOf(document: StatementDocument): Leaves {
  const leaves = new Map(statementLeaves({ xapi: document }).map(({ path, value }) => [path, value]));
  if (leaves.has('xapi.context') || leaves.has(COURSE)) return leaves;
  return new Map([...leaves, [COURSE, true]]);
}

function verbOf(leaves: Leaves): string {
  return shown(valueAt(leaves, 'xapi.verb.id'));
}

function changeOf(path: string, before: Leaves, after: Leaves): Change[] {
  const [was, is] = [valueAt(before, path), valueAt(after, path)];
  const facts = { path, was: was === undefined ? null : shown(was), is: is === undefined ? null : shown(is) };
  if (facts.was === facts.is) return [];
  // A function may return any value, so a constant in its place is one of those there were.
  if (WORDS.test(path) || isComputed(was)) return [harmless('documentation', { ...facts, what: 'changed' })];
  if (was === undefined) return [harmless('statement-field-added', facts)];
  if (is === undefined) return [breaking('statement-field-removed', { ...facts, what: 'no longer in the statement' })];
  return [breaking('statement-changed', { ...facts, what: 'changed' })];
}

/** The value at a path, or that of the function that makes the part around it. */
function valueAt(leaves: Leaves, path: string): unknown {
  if (leaves.has(path)) return leaves.get(path);
  for (const [at, value] of leaves) {
    if (isComputed(value) && isBelow(path, at)) return value;
  }
  return undefined;
}

function isBelow(path: string, at: string): boolean {
  return path.startsWith(`${at}.`) || path.startsWith(`${at}[`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}
