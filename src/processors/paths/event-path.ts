/**
 * Parses paths to places in an event, as written in a configuration: `data.users.*.email`.
 * Errors in a path must be found at start: a path that matches nothing silently lets values through
 * that it should have held back.
 *
 * A path starts at the event. Keys are joined by dots, and a list item is its index. `*` is any one
 * key or item, `**` any number of them, including none. A backslash escapes a dot, a star, a
 * bracket or itself.
 */
import type { Envelope } from '../../event/envelope';
import type { EventFields } from '../../event/tracking-event';
import { nameOr } from '../../common/tracking-config.exception';

export const ANY_KEY = Symbol('*');
export const ANY_DEPTH = Symbol('**');
export type PathStep = string | typeof ANY_KEY | typeof ANY_DEPTH;

/**
 * Part of the event in which a path begins: `data`, `context`, or fields that a processor has
 * added.
 */
export type EventPart = 'data' | 'context' | 'added';

/** Path from one part of the event down to values in it. */
export interface FieldPath {
  readonly part: EventPart;
  readonly steps: readonly PathStep[];
}

/** Error that makes a path invalid. */
export class PathError {
  constructor(
    readonly what: string,
    readonly fix: string,
  ) {}
}

/**
 * Reads a path to fields that may be removed. A path that begins with a star leads into several
 * parts.
 */
export function readFieldPath(path: unknown): FieldPath[] | PathError {
  const steps = readSteps(path);
  if (steps instanceof PathError) return steps;
  const [first, ...rest] = steps;
  if (steps.at(-1) === ANY_DEPTH) {
    return new PathError('it ends in **, so it names no field.', 'end it in .* or in a key');
  }
  if (first === 'data' || first === 'context') return [{ part: first, steps: rest }];
  if (first === ANY_KEY || first === ANY_DEPTH) {
    if (rest.length === 0) return new PathError('it is every part of the event.', "'data.*', 'context.*'");
    const inParts = (['data', 'context'] as const).flatMap((part) =>
      stepsIn(part, steps).map((steps) => ({ part, steps })),
    );
    return [...inParts, { part: 'added', steps }];
  }
  if (first === 'name' || first === 'timestamp' || first === 'id') {
    return new PathError(`an event keeps its ${first}.`, 'a path into data or context; RenameEvent gives another name');
  }
  const meant = nameOr('user_id', path);
  return new PathError(
    'it begins in no part of an event: these are data and context.',
    `'data.${meant}', 'context.${meant}', or at any depth '**.${meant}'`,
  );
}

/** Returns the remaining steps inside a part of the event, for a path that begins with a star. */
function stepsIn(part: 'data' | 'context', steps: readonly PathStep[]): (readonly PathStep[])[] {
  const [first, second, ...rest] = steps;
  if (first === ANY_KEY) return [steps.slice(1)];
  // The part may be one of the keys that ** matches, or the key after it. A star does not match the
  // whole part.
  return rest.length > 0 && (second === ANY_KEY || second === part) ? [steps, rest] : [steps];
}

/** Reads a path to one value that identifies events. */
export function readValuePath(path: string): ValuePath | PathError {
  const steps = readSteps(path);
  if (steps instanceof PathError) return steps;
  const [part, ...keys] = steps;
  if (steps.length === 1 && part === 'name') return new ValuePath('name', []);
  if (!keys.every((key) => typeof key === 'string')) {
    return new PathError('it has a star in it, and so leads to more than one value.', "'context.user_id'");
  }
  if ((part === 'data' || part === 'context') && keys.length > 0) return new ValuePath(part, keys);
  const meant = nameOr('user_id', path);
  return new PathError(
    "it leads to no value: it can be 'name', or begin with data or context.",
    `'context.${meant}' or 'data.${meant}'`,
  );
}

export class ValuePath {
  constructor(
    private readonly part: 'name' | 'data' | 'context',
    private readonly keys: readonly string[],
  ) {}

  /** Returns the value in this event, which is shared; undefined if there is none. */
  valueIn(envelope: Envelope): unknown {
    if (this.part === 'name') return envelope.name;
    const [first = '', ...rest] = this.keys;
    const isInContext = this.part === 'context';
    let value: unknown = isInContext ? envelope.context?.get(first) : envelope.data;
    for (const key of isInContext ? rest : this.keys) {
      // Own fields only: otherwise 'data.constructor' would have a value in every event.
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as EventFields)[key];
    }
    return value;
  }
}

function readSteps(path: unknown): PathStep[] | PathError {
  if (typeof path !== 'string') return new PathError('it is not a string.', "'data.user.email'");
  const steps: PathStep[] = [];
  let key = '';
  let stars = 0;
  for (let at = 0; at <= path.length; at++) {
    const sign = path[at];
    if (sign === '\\' && at + 1 < path.length) key += path[++at] ?? '';
    else if (sign === '\\') return new PathError('it ends in a backslash.', String.raw`write \\ for a backslash`);
    else if (sign === '[' || sign === ']') {
      const fix = String.raw`'data.users.*.email', 'data.users.0.email'; \[ for a bracket in a key`;
      return new PathError('it has brackets; keys and numbers are joined by dots.', fix);
    } else if (sign === '.' || sign === undefined) {
      const step = stepOf(key, stars);
      if (step instanceof PathError) return step;
      if (step !== ANY_DEPTH || steps.at(-1) !== ANY_DEPTH) steps.push(step);
      key = '';
      stars = 0;
    } else {
      key += sign;
      if (sign === '*') stars++;
    }
  }
  return steps;
}

/**
 * Converts one key of a path to a step.
 * @param stars number of unescaped stars in `key`
 */
function stepOf(key: string, stars: number): PathStep | PathError {
  if (key === '') return new PathError('a key in it is empty.', String.raw`'data.email'; \. for a dot in a key`);
  if (stars === 0) return key;
  if (key === '*') return ANY_KEY;
  if (key === '**') return ANY_DEPTH;
  return new PathError(
    'a star in it is a part of a key; a star must be a whole key.',
    String.raw`'data.*'; \* for a star in a key`,
  );
}
