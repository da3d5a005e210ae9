import { ANY_DEPTH, ANY_KEY, PathFault, readFieldPath, type PathStep } from '../../processors/event-path';

/** Step down a schema: a key, or `ANY_KEY` for the items of a list and the values of a map. */
export type FieldStep = string | typeof ANY_KEY;
export type IsPersonal = (steps: readonly FieldStep[]) => boolean;

/**
 * Creates a predicate for the personal fields of a part of the event: the fields at a path, and all
 * fields inside them.
 */
export function personalIn(part: 'data' | 'context', paths: readonly string[]): IsPersonal {
  const patterns = paths.flatMap((path) => {
    const read = readFieldPath(path);
    return read instanceof PathFault ? [] : read.filter((each) => each.part === part).map(({ steps }) => steps);
  });
  return (steps) => patterns.some((pattern) => leadsTo(pattern, steps));
}

function leadsTo(pattern: readonly PathStep[], steps: readonly FieldStep[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return true; // at this field, or at one that contains it
  if (first === ANY_DEPTH) return steps.some((_, at) => leadsTo(rest, steps.slice(at)));
  const [step, ...below] = steps;
  if (step === undefined) return false;
  const fits = first === ANY_KEY || first === step || (step === ANY_KEY && /^\d+$/.test(first));
  return fits && leadsTo(rest, below);
}

/** Formats steps as a path, with escaped special characters. */
export function pathText(steps: readonly FieldStep[]): string {
  return steps.map((step) => (step === ANY_KEY ? '*' : step.replace(/[\\.*[\]]/g, '\\$&') || '""')).join('.');
}
