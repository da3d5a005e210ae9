/** What a case does, laid flat, so that decisions and traits can be told from it. */
import { entryOf, isEntry } from './content';
import {
  allBackends,
  allSteps,
  type VectorBackend,
  type VectorBranch,
  type VectorCase,
  type VectorProcessor,
  type VectorStep,
} from './vectors';

/** What a case does, laid flat. */
export interface CaseFacts {
  readonly steps: readonly VectorStep[];
  readonly backends: readonly VectorBackend[];
  readonly processors: readonly VectorProcessor[];
  /**
   * Every value, at any depth, that the case hands in as data, context or the work of a processor.
   */
  readonly values: readonly unknown[];
  readonly entries: readonly NameEntry[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly siblings: readonly (readonly VectorBackend[])[];
  /** Every backend of the tree, and every one that a step registers, with its place. */
  readonly nodes: readonly VectorNode[];
  /** Every processor with the path of the node whose list it is in, '' for the root. */
  readonly owned: readonly OwnedProcessor[];
  /** Every step by its index, dotted for nested ones. */
  readonly stepsByIndex: ReadonlyMap<string, VectorStep>;
  /** Names that the case gives to events. */
  readonly texts: readonly string[];
  /** Whether the document store of the tests refuses keys that MongoDB takes. */
  readonly refusesKeys: boolean;
  /**
   * Whether a context is left elsewhere than in the scope in which it was entered, or not at all.
   */
  readonly crossesScopes: boolean;
}

/** A backend in its place. */
export interface VectorNode {
  readonly name: string;
  /** Its name after those of the nodes above it: `branch/leaf`. */
  readonly path: string;
  /** Path of the node above it, '' for the root. */
  readonly parent: string;
  readonly backend: VectorBackend;
  /** True if a step registers it. */
  readonly isLate: boolean;
}

export interface OwnedProcessor {
  readonly owner: string;
  readonly processor: VectorProcessor;
}

/** A context entered (or a scope opened) under a name that was open already. */
export interface NameEntry {
  readonly by: 'enter' | 'scope';
  /** Whether another name had been entered since. */
  readonly hidden: boolean;
}

export function factsOf({ tracker, settings = {}, steps = [] }: VectorCase, refusesKeys = false): CaseFacts {
  const flat = allSteps(steps);
  const registered = flat.flatMap(({ backend }) => (backend ? [backend] : []));
  const backends = [...allBackends(tracker), ...registered.flatMap((each) => [each, ...allBackends(each)])];
  const branches: readonly VectorBranch[] = [tracker, ...backends];
  const nodes = [...nodesIn(tracker), ...flat.flatMap(registeredNodes)];
  const owned = [
    ...ownedBy('', tracker),
    ...nodes.flatMap(({ path, backend }) => ownedBy(path, backend)),
    ...flat.flatMap(({ processor }) => (processor ? [{ owner: '', processor }] : [])),
  ];
  const processors = owned.map(({ processor }) => processor);
  const handedIn = [
    ...flat.flatMap(({ data, context, value }) => [data, context, value]),
    ...processors.map(({ value }) => value),
    ...backends.map(({ then_set }) => then_set?.[1]),
    ...flat.flatMap((step) => valuesOnTheBus(entryOf(step) ?? {})),
  ];
  return {
    settings,
    steps: flat,
    backends,
    processors,
    values: handedIn.flatMap(withNested),
    entries: reentries(steps, tracker.context_scope === 'per_thread'),
    crossesScopes: crossesScopes(steps),
    nodes,
    owned,
    texts: [
      ...flat.map(({ name, tracking_log: log }) => name ?? log?.['name']),
      ...processors.map(({ value }) => value),
    ].filter((each) => typeof each === 'string'),
    refusesKeys,
    stepsByIndex: new Map(indexed(steps)),
    siblings: branches.map(({ backends: own = {} }, at) => [...Object.values(own), ...(at === 0 ? registered : [])]),
  };
}

/** @param parent the path of the branch, '' for the root */
function nodesIn({ backends = {} }: VectorBranch, parent = '', isLate = false): readonly VectorNode[] {
  return Object.entries(backends).flatMap(([name, backend]) => {
    const path = parent === '' ? name : `${parent}/${name}`;
    return [{ name, path, parent, backend, isLate }, ...nodesIn(backend, path, isLate)];
  });
}

/** What is registered receives under its name with the suffix. */
function registeredNodes({ name, suffix = '', backend }: VectorStep): readonly VectorNode[] {
  if (backend === undefined || typeof name !== 'string') return [];
  const path = `${name}${suffix}`;
  return [{ name, path, parent: '', backend, isLate: true }, ...nodesIn(backend, path, true)];
}

function ownedBy(owner: string, { processors = [] }: VectorBranch): readonly OwnedProcessor[] {
  return processors.map((processor) => ({ owner, processor }));
}

function indexed(steps: readonly VectorStep[], prefix = ''): readonly (readonly [string, VectorStep])[] {
  return steps.flatMap((step, at) => [
    [`${prefix}${at}`, step] as const,
    ...indexed(step.steps ?? [], `${prefix}${at}.`),
  ]);
}

/**
 * Numbers in the JSON texts of an entry that JavaScript cannot hold, as the format would write
 * them.
 */
function valuesOnTheBus({ data, context }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const outsideOfStrings = [data, context].map((text) => String(text).replace(/"(?:[^"\\]|\\.)*"/g, '""')).join(' ');
  const words = /(?<![\w.])-?(NaN|Infinity|[1-9]\d{15,}(?![\d.eE])|\d+\.0+(?![\d]))/g;
  return (outsideOfStrings.match(words) ?? []).map((word) =>
    /^-?\d+$/.test(word)
      ? { $type: Number.isSafeInteger(Number(word)) ? 'number' : 'integer', value: word }
      : { $type: 'float', value: word.replace('Infinity', 'inf').replace('NaN', 'nan') },
  );
}

function withNested(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return [value, ...Object.values(value).flatMap(withNested)];
}

/** Follows which names are open, as the reference's own table does. */
function reentries(steps: readonly VectorStep[], perThread: boolean, open: string[] = []): readonly NameEntry[] {
  return steps.flatMap((step) => {
    const { op, steps: nested = [] } = step;
    const name = JSON.stringify(step.name);
    const at = open.indexOf(name);
    if (op === 'exit' && at >= 0) open.splice(at, 1);
    if (op === 'thread') return reentries(nested, perThread, perThread ? [] : open);
    if (!isEntry(step)) return [];
    const found: NameEntry[] = at < 0 ? [] : [{ by: op === 'scope' ? 'scope' : 'enter', hidden: at < open.length - 1 }];
    if (at < 0) open.push(name);
    if (op !== 'scope') return found;
    const inside = reentries(nested, perThread, open);
    if (open.includes(name)) open.splice(open.indexOf(name), 1);
    return [...found, ...inside];
  });
}

/**
 * @param here the names entered in the nearest scope @param around those of the scopes around it
 */
function crossesScopes(steps: readonly VectorStep[], here: string[] = [], around: readonly string[] = []): boolean {
  return steps.some(({ op, name, steps: nested = [] }) => {
    const key = JSON.stringify(name);
    if (op === 'enter') here.push(key);
    if (op === 'thread') return crossesScopes(nested, here, around);
    if (op === 'exit') {
      if (here.includes(key)) here.splice(here.lastIndexOf(key), 1);
      else return around.includes(key);
    }
    if (op !== 'scope') return false;
    const inside = [key];
    return crossesScopes(nested, inside, [...around, ...here]) || inside.join() !== key;
  });
}
