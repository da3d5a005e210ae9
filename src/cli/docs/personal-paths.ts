import { EACH, type FieldStep, type IsPersonal } from '../../catalog/words/field-steps';
import { ANY_DEPTH, ANY_KEY, PathError, readFieldPath, type PathStep } from '../../processors/paths/event-path';

/**
 * Creates a predicate for the personal fields of a part of the event: the fields at a path, and all
 * fields inside them.
 */
export function personalIn(part: 'data' | 'context', paths: readonly string[]): IsPersonal {
  const patterns = paths.flatMap((path) => {
    const read = readFieldPath(path);
    return read instanceof PathError ? [] : read.filter((each) => each.part === part).map(({ steps }) => steps);
  });
  return (steps) => patterns.some((pattern) => leadsTo(pattern, steps));
}

function leadsTo(pattern: readonly PathStep[], steps: readonly FieldStep[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return true; // at this field, or at one that contains it
  if (first === ANY_DEPTH) return steps.some((_, at) => leadsTo(rest, steps.slice(at)));
  const [step, ...below] = steps;
  if (step === undefined) return false;
  const fits = first === ANY_KEY || first === step || (step === EACH && /^\d+$/.test(first));
  return fits && leadsTo(rest, below);
}
