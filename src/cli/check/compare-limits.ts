/** Compares the limits of numbers, strings and counts. */
import { breaking, harmless, type Change } from './change';
import { isNotCompared } from './constraint-text';
import { describeBound } from './describe-shape';
import { isWithin } from './keyword-limits';
import type { Bound, NumberShape, TextShape } from './shape';

export function compareNumbers(was: NumberShape, is: NumberShape): Change[] {
  const changes: Change[] = [];
  if (was.isInteger && !is.isInteger)
    changes.push(breaking('type-widened', { path: '', was: 'integer', is: 'number', what: 'type widened' }));
  if (!was.isInteger && is.isInteger)
    changes.push(harmless('type-narrowed', { path: '', was: 'number', is: 'integer' }));
  changes.push(...bound('minimum', was.lower, is.lower, 1), ...bound('maximum', was.upper, is.upper, -1));
  const isKept = was.steps.every((step) => is.steps.some((other) => Number.isInteger(other / step)));
  const facts = { path: '', was: was.steps.join(', ') || 'none', is: is.steps.join(', ') || 'none' };
  if (!isKept) changes.push(breaking('limit-loosened', { ...facts, what: 'multipleOf changed' }));
  else if (facts.was !== facts.is)
    changes.push(harmless('limit-tightened', { ...facts, what: 'multipleOf tightened' }));
  return changes;
}

export function compareTexts(was: TextShape, is: TextShape): Change[] {
  return [
    ...compareCounts('minLength', was.minLength, is.minLength, 1),
    ...compareCounts('maxLength', was.maxLength, is.maxLength, -1),
    ...compareSets(was.patterns, is.patterns, 'pattern-changed', 'pattern-added', 'pattern'),
    ...compareSets(was.formats, is.formats, 'format-changed', 'format-added', 'format'),
  ];
}

/** Compares constraints that are only available as text. */
export function compareOthers(was: readonly string[], is: readonly string[]): Change[] {
  const [before, after] = [was.filter(isNotCompared), is.filter(isNotCompared)];
  if (before.some((each) => !after.includes(each))) return [notComparedChange()];
  return compareSets(was, is, 'constraint-changed', 'constraint-added', 'constraint');
}

export function notComparedChange(): Change {
  return breaking('not-compared', { path: '', what: 'could not be compared' });
}

/**
 * Compares the limits of a count.
 * @param side 1 for a minimum, -1 for a maximum
 */
export function compareCounts(word: string, was: number, is: number, side: 1 | -1): Change[] {
  if (was === is) return [];
  const shown = (count: number): string => (count === Infinity ? 'none' : String(count));
  return [limitChange(word, shown(was), shown(is), (is - was) * side > 0)];
}

function bound(word: string, was: Bound | undefined, is: Bound | undefined, side: 1 | -1): Change[] {
  if (was?.value === is?.value && was?.isExclusive === is?.isExclusive) return [];
  const isKept = was === undefined || (is !== undefined && isWithin(is, was, side));
  const shown = (one: Bound | undefined): string =>
    one === undefined ? 'none' : describeBound(one, '', word === 'minimum' ? 'above' : 'below').trim();
  return [limitChange(word, shown(was), shown(is), isKept)];
}

function limitChange(word: string, was: string, is: string, isKept: boolean): Change {
  const facts = { path: '', was, is };
  return isKept
    ? harmless('limit-tightened', { ...facts, what: `${word} tightened` })
    : breaking('limit-loosened', { ...facts, what: `${word} loosened` });
}

/**
 * Compares sets of constraints. A further one allows less. A missing one may allow values that
 * cannot be determined.
 */
function compareSets(
  was: readonly string[],
  is: readonly string[],
  changed: 'pattern-changed' | 'format-changed' | 'constraint-changed',
  added: 'pattern-added' | 'format-added' | 'constraint-added',
  word: string,
): Change[] {
  const gone = was.filter((each) => !is.includes(each));
  const more = is.filter((each) => !was.includes(each));
  const facts = { path: '', was: was.join(', ') || 'none', is: is.join(', ') || 'none' };
  if (gone.length > 0)
    return [breaking(changed, { ...facts, what: `${word} ${more.length > 0 ? 'changed' : 'removed'}` })];
  return more.length > 0 ? [harmless(added, facts)] : [];
}
