/**
 * Where the vectors mark a `defect` of the reference, we do something else on purpose. Which decision covers a case is told from what
 * the case does and never from its id, so that a case nobody here has seen is either covered for a reason or fails for want of one.
 * What we do instead is asserted in decisions.spec.ts, and argued in docs/decisions.
 */
import { isMapping, isTagged, isTruthy, itemsOf, microseconds } from './values';
import {
  allBackends,
  allSteps,
  type VectorBackend,
  type VectorBranch,
  type VectorCase,
  type VectorProcessor,
  type VectorStep,
} from './vectors';

export interface Decision {
  readonly number: string;
  readonly title: string;
  /** What in a case this decision answers. */
  readonly kind: string;
  /** Whether the answer can be to refuse the start. */
  readonly refuses?: boolean;
  readonly concerns: (facts: CaseFacts) => boolean;
}

/** What a case does, laid flat. */
export interface CaseFacts {
  readonly steps: readonly VectorStep[];
  readonly backends: readonly VectorBackend[];
  readonly processors: readonly VectorProcessor[];
  /** Every value, at any depth, that the case hands in as data, context or the work of a processor. */
  readonly values: readonly unknown[];
  readonly entries: readonly NameEntry[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly siblings: readonly (readonly VectorBackend[])[];
  /** Every backend with the name under which it stands. */
  readonly named: readonly (readonly [name: string, backend: VectorBackend])[];
  /** Whether a context is left elsewhere than in the scope in which it was entered, or not at all. */
  readonly crossesScopes: boolean;
}

/** A context entered (or a scope opened) under a name that was open already. */
interface NameEntry {
  readonly by: 'enter' | 'scope';
  /** Whether another name had been entered since. */
  readonly hidden: boolean;
}

const FILTERS = ['regex_filter', 'name_whitelist'];
const OUR_OWN_KINDS = ['set', 'bytes', 'decimal', 'uuid', 'time', 'duration', 'opaque', 'cyclic'];

export const decisions: readonly Decision[] = [
  {
    number: '0010',
    title: 'leaving a context restores what it hid',
    kind: 'a name entered twice',
    concerns: ({ entries }) => entries.some(({ by }) => by === 'enter'),
  },
  {
    number: '0011',
    title: 'reentering a context makes it innermost',
    kind: 'a name entered again after another',
    concerns: ({ entries }) => entries.some(({ hidden }) => hidden),
  },
  {
    number: '0012',
    title: 'a scope never closes another of its name',
    kind: 'a scope inside a scope of the same name',
    concerns: ({ entries }) => entries.some(({ by }) => by === 'scope'),
  },
  {
    number: '0013',
    title: 'a context is copied when it is entered',
    kind: 'a context changed after it was entered',
    concerns: ({ steps }) =>
      steps.some(({ op, ref }) => op === 'mutate' && steps.some((other) => isEntry(other) && other.ref === ref)),
  },
  {
    number: '0014',
    title: 'what is not a mapping is no context',
    kind: 'a context that is not a mapping',
    concerns: ({ steps }) => steps.some((step) => isEntry(step) && !isContext(step.context) && !isList(step.context)),
  },
  {
    number: '0015',
    title: 'a list of pairs is no context',
    kind: 'a list as a context',
    concerns: ({ steps }) => steps.some((step) => isEntry(step) && isList(step.context)),
  },
  {
    number: '0016',
    title: 'names are text',
    kind: 'a name that is not text',
    refuses: true, // an allow list of what can never be a name
    concerns: ({ steps, processors }) =>
      hasOddNames(steps) || processors.some((each) => setsOddName(each) || namesOddly(each.names)),
  },
  {
    number: '0017',
    title: 'a value that cannot be read is replaced',
    kind: 'a value that cannot be copied',
    concerns: ({ values }) => values.some((value) => isTag(value, 'uncopyable')),
  },
  {
    number: '0018',
    title: 'filters fail closed',
    kind: 'a filter that meets what is not an event with a name',
    concerns: ({ steps, processors }) =>
      processors.some(({ kind }) => FILTERS.includes(kind)) &&
      (hasOddNames(steps) ||
        processors.some(
          (each) => setsOddName(each) || losesName(each) || (each.kind === 'return_value' && !isEvent(each.value)),
        )),
  },
  {
    number: '0019',
    title: 'a text is not a list of expressions',
    kind: 'a text where a list belongs',
    refuses: true,
    concerns: ({ processors }) =>
      processors.some(({ expressions, names }) => typeof expressions === 'string' || typeof names === 'string'),
  },
  {
    number: '0020',
    title: 'what is not a finite number is null',
    kind: 'a number that is not finite',
    concerns: ({ values }) =>
      values.some(
        (value) => isTag(value, 'float') && ['nan', 'inf', '-inf'].includes(String(value.value).toLowerCase()),
      ),
  },
  {
    number: '0021',
    title: 'a time outside the calendar is written',
    kind: 'a time that leaves the years 1 to 9999 in UTC',
    concerns: ({ values }) =>
      values.some((value) => isTag(value, 'datetime') && leavesTheCalendar(String(value.value))),
  },
  {
    number: '0022',
    title: 'clashing keys become pairs',
    kind: 'keys that are one as text',
    concerns: ({ values }) => values.some((value) => isTag(value, 'map') && hasClash(value.entries)),
  },
  {
    number: '0023',
    title: 'every value has a JSON form',
    kind: 'a value that JSON cannot hold',
    concerns: ({ values }) =>
      values.some(
        (value) =>
          isTagged(value) &&
          (OUR_OWN_KINDS.includes(value.$type) || (value.$type === 'map' && hasOddKeys(value.entries))),
      ),
  },
  {
    number: '0024',
    title: 'no size limit unless set',
    kind: 'a logger without a size limit of its own',
    concerns: ({ backends }) =>
      backends.some(({ kind, max_event_size }) => kind === 'logger' && max_event_size === undefined),
  },
  {
    number: '0025',
    title: 'only an event replaces an event',
    kind: 'a processor result that is not an event, falsy ones included',
    concerns: ({ processors }) =>
      processors.some(({ kind, value }) => kind === 'return_value' && value !== null && !isEvent(value)),
  },
  {
    number: '0026',
    title: 'a failed processor leaves no trace',
    kind: 'a processor that changes the event and then fails',
    concerns: ({ processors }) => processors.some(({ kind }) => kind === 'set_then_fail'),
  },
  {
    number: '0027',
    title: 'an event always has a name',
    kind: 'an event whose name a processor takes away',
    concerns: ({ processors }) => processors.some(losesName),
  },
  {
    number: '0028',
    title: 'siblings do not share an event',
    kind: 'a backend that changes the event before its siblings have it',
    concerns: ({ siblings }) =>
      siblings.some((level) => level.length > 1 && level.some(({ then_set }) => then_set !== undefined)),
  },
  {
    number: '0029',
    title: 'what is entered in a scope ends with it',
    kind: 'a context entered in a scope and left outside of it, or the other way round',
    concerns: ({ crossesScopes }) => crossesScopes,
  },
  {
    number: '0043',
    title: 'segment needs no client',
    kind: 'a Segment client that is not installed',
    concerns: ({ settings, backends }) => settings.segment_missing === true && hasSegment(backends),
  },
  {
    number: '0044',
    title: 'an address is made of text',
    kind: 'a host or a path for Segment that is not text',
    concerns: ({ steps, backends }) =>
      hasSegment(backends) &&
      steps.some(({ context }) => isMapping(context) && [context.host, context.path].some(isOddAddressPart)),
  },
  {
    number: '0050',
    title: 'a document has the id of its event',
    kind: 'a document store beside other backends',
    concerns: ({ siblings }) =>
      siblings.some((level) => level.length > 1 && level.some(({ kind }) => kind === 'mongo')),
  },
  {
    number: '0051',
    title: 'what a store refuses is a dead letter',
    kind: 'a value that the reference cannot store',
    concerns: ({ backends, values }) => backends.some(({ kind }) => kind === 'mongo') && values.some(isUnstorable),
  },
  {
    number: '0052',
    title: 'the connection is the applications own',
    kind: 'credentials of a document store',
    concerns: ({ backends }) =>
      backends.some(
        ({ options }) => isMapping(options) && (options.user !== undefined || options.password !== undefined),
      ),
  },
  {
    number: '0070',
    title: 'a queue is addressed by its path',
    kind: 'an asynchronous backend that gives another name than its own',
    concerns: ({ named }) =>
      named.some(([name, { kind, backend_name }]) => kind === 'async_routing' && backend_name !== name),
  },
  {
    number: '0071',
    title: 'processors before a queue have an event of their own',
    kind: 'an asynchronous backend whose processors change the event, beside others',
    concerns: ({ siblings }) =>
      siblings.some(
        (level) =>
          level.length > 1 &&
          level.some(({ kind, processors = [] }) => kind === 'async_routing' && processors.length > 0),
      ),
  },
  {
    number: '0080',
    title: 'processors protect the bus',
    kind: 'a backend of the bus that has processors, and sends',
    concerns: ({ backends, steps }) =>
      backends.some(({ kind, processors = [] }) => kind === 'event_bus' && processors.length > 0) &&
      steps.some(({ op }) => op === 'emit'),
  },
  {
    number: '0081',
    title: 'each node of the bus has an event of its own',
    kind: 'several backends of the bus that receive',
    concerns: ({ backends, steps }) =>
      backends.filter(({ kind }) => kind === 'event_bus').length > 1 && steps.some(({ op }) => op === 'bus_deliver'),
  },
  {
    number: '0082',
    title: 'any ISO time can go over the bus',
    kind: 'a time given as text to a backend of the bus',
    concerns: ({ backends, processors }) =>
      backends.some(({ kind }) => kind === 'event_bus') && processors.some(({ path }) => path?.[0] === 'timestamp'),
  },
];

/** A number that strict JSON has no word for. */
function isNotFinite(value: unknown): boolean {
  return isTagged(value) && value.$type === 'float' && !/^-?[\d.]/.test(String(value.value));
}

/** A number that JavaScript writes without its fraction. */
function isWholeFloat(value: unknown): boolean {
  return isTagged(value) && value.$type === 'float' && Number.isInteger(Number(value.value));
}

/** Whether a case hands in keys that not every server of MongoDB's kind takes. */
export function hasStoreKeys(vector: VectorCase): boolean {
  return factsOf(vector).values.some(
    (value) => isMapping(value) && !isTagged(value) && Object.keys(value).some((key) => /^\$|\./.test(key)),
  );
}

/** The decisions that answer a case; none if it is of a kind that nobody has decided on. */
export function decisionsFor(vector: VectorCase): readonly Decision[] {
  const facts = factsOf(vector);
  return decisions.filter(({ concerns }) => concerns(facts));
}

/**
 * Traits that a case leans on besides those it names, told from what it does. Some decisions show wherever their kind occurs, also
 * in cases that are about something else: names are text (0016), what a processor takes away from an event is put back (0025,
 * 0027), and a scope ends what was entered in it (0029).
 */
export function contentTraits(vector: VectorCase): readonly string[] {
  const { steps, backends, processors, values, crossesScopes } = factsOf(vector);
  return [
    ...(hasOddNames(steps) || processors.some(setsOddName) ? ['text-names'] : []),
    ...(processors.some(losesField) ? ['event-shape'] : []),
    ...(crossesScopes ? ['scope-bounds'] : []),
    ...(values.some(isWholeFloat) ? ['float-integer-distinction'] : []),
    ...(backends.some(({ kind }) => kind === 'event_bus') && values.some(isNotFinite) ? ['nan'] : []),
  ];
}

function factsOf({ tracker, settings = {}, steps = [] }: VectorCase): CaseFacts {
  const flat = allSteps(steps);
  const registered = flat.flatMap(({ backend }) => (backend ? [backend] : []));
  const backends = [...allBackends(tracker), ...registered.flatMap((each) => [each, ...allBackends(each)])];
  const branches: readonly VectorBranch[] = [tracker, ...backends];
  const processors = [
    ...branches.flatMap(({ processors: own = [] }) => own),
    ...flat.flatMap(({ processor }) => (processor ? [processor] : [])),
  ];
  const handedIn = [
    ...flat.flatMap(({ data, context, value }) => [data, context, value]),
    ...processors.map(({ value }) => value),
    ...backends.map(({ then_set }) => then_set?.[1]),
  ];
  return {
    settings,
    steps: flat,
    backends,
    processors,
    values: handedIn.flatMap(withNested),
    entries: reentries(steps, tracker.context_scope === 'per_thread'),
    crossesScopes: crossesScopes(steps),
    named: branches.flatMap(({ backends: own = {} }) => Object.entries(own)),
    siblings: branches.map(({ backends: own = {} }, at) => [...Object.values(own), ...(at === 0 ? registered : [])]),
  };
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

/** @param here the names entered in the nearest scope @param around those of the scopes around it */
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

/** By its kind, as an integer beyond 64 bits, as half a character, or as a key. */
function isUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  if (isTag(value, 'integer')) return BigInt.asIntN(64, BigInt(String(value.value))) !== BigInt(String(value.value));
  if (isTagged(value)) return [...OUR_OWN_KINDS, 'date', 'map'].includes(value.$type);
  return isMapping(value) && Object.keys(value).some((key) => key.includes('\0'));
}

function isEntry({ op }: VectorStep): boolean {
  return op === 'enter' || op === 'scope';
}

function isContext(context: unknown): boolean {
  return isMapping(context) && (!isTagged(context) || context.$type === 'map' || context.$type === 'cyclic');
}

function isList(context: unknown): boolean {
  return Array.isArray(context) || isTag(context, 'tuple');
}

function hasOddNames(steps: readonly VectorStep[]): boolean {
  return steps.some(({ op, name }) => op === 'emit' && typeof name !== 'string' && isTruthy(name));
}

function namesOddly(names: unknown): boolean {
  const list = isTagged(names) && (names.$type === 'set' || names.$type === 'tuple') ? itemsOf(names) : names;
  return Array.isArray(list) && list.some((name) => typeof name !== 'string');
}

function setsOddName({ kind, path, value }: VectorProcessor): boolean {
  return isNamePath(path) && kind !== 'delete' && typeof value !== 'string' && isTruthy(value);
}

function losesName({ kind, path, value }: VectorProcessor): boolean {
  return isNamePath(path) && (kind === 'delete' || !isTruthy(value));
}

/** One of the fields that every event has. */
function losesField({ kind, path, value }: VectorProcessor): boolean {
  const isOwn = path?.length === 1 && ['name', 'timestamp', 'context', 'data'].includes(String(path[0]));
  return isOwn && (kind === 'delete' || !isTruthy(value));
}

function hasSegment(backends: readonly VectorBackend[]): boolean {
  return backends.some(({ kind }) => kind === 'segment');
}

function isOddAddressPart(value: unknown): boolean {
  return typeof value !== 'string' && isTruthy(value);
}

function isNamePath(path: readonly unknown[] | undefined): boolean {
  return path?.length === 1 && path[0] === 'name';
}

function isEvent(value: unknown): boolean {
  return (
    isMapping(value) &&
    !isTagged(value) &&
    ['name', 'timestamp', 'context', 'data'].every((field) => Object.hasOwn(value, field))
  );
}

function isTag(value: unknown, type: string): value is { $type: string; value?: unknown; entries?: unknown } {
  return isTagged(value) && value.$type === type;
}

function leavesTheCalendar(text: string): boolean {
  const micros = microseconds(text);
  return (
    micros !== undefined &&
    (micros < (microseconds('0001-01-01T00:00:00') ?? 0n) ||
      micros > (microseconds('9999-12-31T23:59:59.999999') ?? 0n))
  );
}

function hasClash(entries: unknown): boolean {
  const keys = keysOf(entries).map((key) => (typeof key === 'string' ? key : JSON.stringify(key)));
  return new Set(keys).size < keys.length;
}

/** Keys that are no scalar, and so have no text that is surely their own. */
function hasOddKeys(entries: unknown): boolean {
  return keysOf(entries).some(
    (key) => typeof key === 'object' && key !== null && !isTag(key, 'integer') && !isTag(key, 'float'),
  );
}

function keysOf(entries: unknown): readonly unknown[] {
  return Array.isArray(entries)
    ? entries.map((entry: unknown) => (Array.isArray(entry) ? (entry as unknown[])[0] : undefined))
    : [];
}
