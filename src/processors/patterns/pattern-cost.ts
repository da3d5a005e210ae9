/**
 * Computes an upper bound on the work of a backtracking engine.
 * For each part of a pattern it computes the steps of one attempt and the number of ways in which
 * the attempt can end. An attempt of the rest follows each way. The bound is safe but not exact: an
 * accepted pattern is quick on every string, and a refused one may be quick too.
 */
import type { CharacterNode, PatternNode } from './pattern-node';

/** Cost of one attempt at one position. */
interface Cost {
  readonly steps: number;
  /** Number of ways in which the attempt can succeed. */
  readonly ways: number;
}

const ONE: Cost = { steps: 1, ways: 1 };

/**
 * Returns an upper bound on the steps for a string of a given length.
 * @param isSearch true if the pattern is tried at every position
 */
export function maxSteps(root: PatternNode, length: number, isSearch: boolean): number {
  const { steps } = costOf(root, length);
  if (!isSearch) return steps;
  const anchorSteps = stepsToAnchor(root);
  return anchorSteps === undefined ? steps * (length + 1) : steps + anchorSteps * length;
}

/**
 * Returns the maximum length up to `limit` at which the pattern stays within a budget. The budget
 * may grow with the length.
 */
export function safeLength(
  root: PatternNode,
  isSearch: boolean,
  budget: (length: number) => number,
  limit: number,
): number {
  const isSafe = (length: number): boolean => maxSteps(root, length, isSearch) <= budget(length);
  if (isSafe(limit)) return limit;
  let [safe, unsafe] = [-1, limit];
  while (unsafe - safe > 1) {
    const middle = Math.floor((safe + unsafe) / 2);
    if (isSafe(middle)) safe = middle;
    else unsafe = middle;
  }
  return safe;
}

function costOf(node: PatternNode, length: number): Cost {
  switch (node.kind) {
    case 'character':
    case 'assertion':
      return ONE;
    case 'sequence':
      return sequenceCost(node.parts, length);
    case 'choice': {
      const options = node.options.map((option) => costOf(option, length));
      return { steps: sum(options.map(({ steps }) => steps + 1)), ways: sum(options.map(({ ways }) => ways)) };
    }
    case 'look':
      return { steps: costOf(node.body, length).steps + 1, ways: 1 };
    case 'back-reference':
      return { steps: referredLength(node.groups, length) + 1, ways: 1 };
    case 'repeat':
      return repeatCost(costOf(node.body, length), node.min, node.max, length);
  }
}

/**
 * Returns the maximum number of characters that a back-reference compares; Infinity if the group is
 * unknown.
 */
function referredLength(groups: readonly PatternNode[], length: number): number {
  return groups.length === 0 ? Infinity : Math.min(length, Math.max(...groups.map(maxLength)));
}

/** Returns the maximum length of a match of a part of the pattern. */
function maxLength(node: PatternNode): number {
  switch (node.kind) {
    case 'character':
      return 1;
    case 'assertion':
    case 'look':
      return 0;
    case 'sequence':
      return sum(node.parts.map(maxLength));
    case 'choice':
      return Math.max(...node.options.map(maxLength));
    case 'repeat': {
      const once = maxLength(node.body);
      return once === 0 ? 0 : once * node.max;
    }
    case 'back-reference':
      return Infinity; // a group may contain a reference to itself
  }
}

function sequenceCost(parts: readonly PatternNode[], length: number): Cost {
  let steps = 1;
  let ways = 1;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as PatternNode;
    const cost = costOf(part, length);
    steps += ways * cost.steps;
    // Only one of the ways continues: each other way stops before a character that the repetition
    // matches and the next part does not.
    if (endsAtNext(part, parts[at + 1])) steps += ways * cost.ways;
    else ways *= cost.ways;
  }
  return { steps, ways };
}

/**
 * Returns true if a repetition of one character can end only where the next part begins: `[^/]+`
 * before `/`.
 */
function endsAtNext(given: PatternNode, next: PatternNode | undefined): boolean {
  const part = unwrapped(given);
  if (part.kind !== 'repeat' || next === undefined) return false;
  const repeated = only(part.body);
  const first = firstCharacter(next);
  if (repeated === undefined || first?.set.literal === undefined) return false;
  return repeated.set.flags === first.set.flags && !repeated.set.has(first.set.literal);
}

/** Returns the character that must be matched first, if there is exactly one such part. */
function firstCharacter(node: PatternNode): CharacterNode | undefined {
  switch (node.kind) {
    case 'character':
      return node;
    case 'sequence':
      return node.parts[0] && firstCharacter(node.parts[0]);
    case 'repeat':
      return node.min > 0 ? firstCharacter(node.body) : undefined;
    default:
      return undefined;
  }
}

function only(node: PatternNode): CharacterNode | undefined {
  const inner = unwrapped(node);
  return inner.kind === 'character' ? inner : undefined;
}

/** Returns the content of a group with one part. */
function unwrapped(node: PatternNode): PatternNode {
  return node.kind === 'sequence' && node.parts.length === 1 && node.parts[0] ? unwrapped(node.parts[0]) : node;
}

/**
 * Computes the cost of a repetition. After the required rounds, a round that matches an empty
 * string ends the repetition: so there are at most `length` more rounds.
 */
function repeatCost(body: Cost, min: number, max: number, length: number): Cost {
  const most = Math.max(min, Math.min(max, min + length + 1));
  if (body.ways === 1) return { steps: (body.steps + 1) * (most + 1), ways: most - min + 1 };
  // The rounds form a tree that branches in each round: with two ways, a depth of 10 is already as
  // large as a budget.
  let rounds = 0;
  let ways = 0;
  let branches = 1;
  for (let round = 0; round <= most && Number.isFinite(rounds); round++) {
    rounds += branches;
    if (round >= min) ways += branches;
    branches *= body.ways;
  }
  return { steps: rounds * (body.steps + 1), ways };
}

/**
 * Returns the steps of a failed attempt of a pattern that matches only at the start of the string;
 * undefined for other patterns.
 */
function stepsToAnchor(node: PatternNode): number | undefined {
  switch (node.kind) {
    case 'assertion':
      return node.holds === 'start' ? 1 : undefined;
    case 'sequence': {
      const steps = node.parts[0] && stepsToAnchor(node.parts[0]);
      return steps && steps + 1;
    }
    case 'choice': {
      const each = node.options.map(stepsToAnchor);
      return each.includes(undefined) ? undefined : sum(each.map((steps = 0) => steps + 1)) + 1;
    }
    default:
      return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
