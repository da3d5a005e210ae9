/**
 * Reads vector files and checks what they ask for before anything runs. The runner serves files it
 * has never seen: a kind or an operation that it silently passed over would make a case pass that
 * tested nothing, so whatever is not known fails its case by name, and a file that cannot be read
 * is one failed case and not the end of the run.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasServer } from './document-store';
import { hasQueueServer } from './event-queues';

export interface VectorCase {
  readonly id: string;
  readonly title: string;
  readonly status: 'contract' | 'defect';
  readonly depends_on?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tracker: VectorTracker;
  readonly steps?: readonly VectorStep[];
  readonly expected: VectorExpectation;
}

export interface VectorTracker extends VectorBranch {
  readonly context_scope?: 'shared' | 'per_thread';
}

export interface VectorBranch {
  readonly processors?: readonly VectorProcessor[];
  readonly backends?: Readonly<Record<string, VectorBackend>>;
}

/** The fields of every kind together; which of them count is the kind's affair. */
export interface VectorBackend extends VectorBranch {
  readonly kind: string;
  readonly then_set?: readonly [path: readonly (string | number)[], value: unknown];
  readonly then_fail?: string;
  readonly when_name?: unknown;
  readonly max_event_size?: unknown;
  readonly level?: unknown;
  readonly threshold?: unknown;
  readonly shape?: string;
  readonly options?: unknown;
  /** Under which the reference finds the node again; ours has its path for that. */
  readonly backend_name?: unknown;
}

export interface VectorProcessor {
  readonly kind: string;
  readonly when_name?: unknown;
  readonly path?: readonly (string | number)[];
  readonly value?: unknown;
  readonly error?: string;
  readonly filter_type?: unknown;
  readonly expressions?: unknown;
  readonly names?: unknown;
}

export interface VectorStep {
  readonly op: string;
  readonly name?: unknown;
  readonly context?: unknown;
  readonly data?: unknown;
  readonly at?: unknown;
  readonly ref?: string;
  readonly path?: readonly (string | number)[];
  readonly value?: unknown;
  readonly steps?: readonly VectorStep[];
  readonly then_raise?: boolean;
  readonly backend?: VectorBackend;
  readonly suffix?: string;
  readonly processor?: VectorProcessor;
  readonly tracking_log?: Readonly<Record<string, unknown>>;
  readonly from_bus?: boolean;
}

export interface VectorExpectation {
  readonly construction_error?: string;
  readonly received?: Readonly<Record<string, readonly unknown[]>>;
  readonly delivery_order?: readonly string[];
  readonly lines?: Readonly<Record<string, readonly (readonly [level: string, text: string])[]>>;
  readonly step_errors?: readonly { readonly step: string }[];
  readonly swallowed?: readonly { readonly stage: string }[];
  readonly segment_calls?: readonly unknown[];
  readonly documents?: Readonly<Record<string, readonly unknown[]>>;
  readonly bus_messages?: readonly unknown[];
  readonly queued?: readonly { readonly backend_name: string; readonly event: unknown }[];
}

/** What the format does not allow, or this runner does not know. */
export class MalformedCase extends Error {
  override readonly name = 'MalformedCase';
}

/**
 * One file; `fault` says why it could not be read. Its cases are not checked yet: each is checked
 * when it runs.
 */
export interface VectorFile {
  readonly name: string;
  readonly cases: readonly unknown[];
  readonly fault?: string;
}

/** Every .json file of a folder by name, or the one file named. */
export function readVectors(place: string): readonly VectorFile[] {
  try {
    if (!statSync(place).isDirectory()) return [readVectorFile(place)];
    const names = readdirSync(place).filter((name) => name.endsWith('.json'));
    if (names.length === 0) return [{ name: basename(place), cases: [], fault: `no .json file in ${place}` }];
    return names.sort().map((name) => readVectorFile(join(place, name)));
  } catch (error) {
    return [{ name: basename(place), cases: [], fault: messageOf(error) }];
  }
}

function readVectorFile(path: string): VectorFile {
  const name = basename(path);
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const { format, cases } = recordOf(content, 'a vector file');
    if (format !== 1) throw new MalformedCase(`the format is ${short(format)}; this runner knows format 1`);
    return { name, cases: listOf(cases, 'cases') };
  } catch (error) {
    return { name, cases: [], fault: messageOf(error) };
  }
}

/** The fields of each kind; undefined for what is left to a later release, which reads its own. */
type FieldsByKind = ReadonlyMap<string, readonly string[] | undefined>;
const EVERYWHERE = ['kind', 'when_name'];
const PROCESSOR_FIELDS: FieldsByKind = new Map([
  ['regex_filter', ['filter_type', 'expressions']],
  ['name_whitelist', ['names']],
  ['set', ['path', 'value']],
  ['set_and_return', ['path', 'value']],
  ['set_then_fail', ['path', 'value', 'error']],
  ['copy_and_set', ['path', 'value']],
  ['copy_and_drop', ['path', 'value']],
  ['append', ['value']],
  ['delete', ['path']],
  ['return_value', ['value']],
  ['cancel', []],
  ['fail', ['error']],
  ['not_callable', []],
]);
const BACKEND_FIELDS: FieldsByKind = new Map([
  ['memory', ['then_set', 'then_fail']],
  ['routing', ['processors', 'backends']],
  ['async_routing', ['processors', 'backends', 'backend_name']],
  ['event_bus', ['processors', 'backends']],
  ['logger', ['max_event_size', 'level', 'threshold']],
  ['segment', []],
  ['mongo', ['options']],
  ['no_send', ['shape']],
]);
const STEP_FIELDS: FieldsByKind = new Map([
  ['enter', ['name', 'context', 'ref']],
  ['exit', ['name']],
  ['scope', ['name', 'context', 'steps', 'then_raise', 'ref']],
  ['emit', ['name', 'data', 'at', 'ref']],
  ['mutate', ['ref', 'path', 'value']],
  ['thread', ['steps']],
  ['register_backend', ['name', 'backend', 'suffix']],
  ['register_processor', ['processor']],
  ['run_queue', []],
  ['bus_deliver', ['tracking_log', 'from_bus']],
]);
const ERRORS = ['generic', 'cancel', 'no_transformer', 'no_backend', 'fatal'];

/** @throws MalformedCase naming the first thing that is not of the format. */
export function checkCase(value: unknown): asserts value is VectorCase {
  const { id, status, tracker, steps, expected } = recordOf(value, 'a case');
  if (typeof id !== 'string') throw new MalformedCase('a case without an id');
  oneOf(status, ['contract', 'defect'], 'status');
  const { context_scope } = recordOf(tracker, 'tracker');
  if (context_scope !== undefined) oneOf(context_scope, ['shared', 'per_thread'], 'context_scope');
  checkBranch(tracker, 'tracker');
  checkSteps(steps, 'steps');
  recordOf(expected, 'expected');
}

function checkBranch(value: unknown, place: string): void {
  const { processors, backends } = recordOf(value, place);
  if (processors !== undefined)
    listOf(processors, `${place}.processors`).forEach((each, at) => {
      checkProcessor(each, `${place}.processors[${at}]`);
    });
  if (backends !== undefined)
    for (const [name, each] of Object.entries(recordOf(backends, `${place}.backends`)))
      checkBackend(each, `${place}.backends.${name}`);
}

function checkProcessor(value: unknown, place: string): void {
  const { kind, path, error } = checkFields(value, 'kind', PROCESSOR_FIELDS, EVERYWHERE, place);
  if (PROCESSOR_FIELDS.get(kind as string)?.includes('path')) listOf(path, `${place}.path`);
  if (error !== undefined) oneOf(error, ERRORS, `${place}.error`);
}

function checkBackend(value: unknown, place: string): void {
  const { then_set, then_fail } = checkFields(value, 'kind', BACKEND_FIELDS, EVERYWHERE, place);
  if (then_set !== undefined) listOf(listOf(then_set, `${place}.then_set`)[0], `${place}.then_set[0]`);
  if (then_fail !== undefined) oneOf(then_fail, ERRORS, `${place}.then_fail`);
  checkBranch(value, place);
}

function checkSteps(value: unknown, place: string): void {
  if (value === undefined) return;
  listOf(value, place).forEach((each, at) => {
    const here = `${place}[${at}]`;
    const { op, path, steps, backend, processor } = checkFields(each, 'op', STEP_FIELDS, ['op'], here);
    if (op === 'mutate') listOf(path, `${here}.path`);
    if (op === 'register_backend') checkBackend(backend, `${here}.backend`);
    if (op === 'register_processor') checkProcessor(processor, `${here}.processor`);
    checkSteps(steps, `${here}.steps`);
  });
  const ops = listOf(value, place).map((step) => (step as VectorStep).op);
  if (ops.slice(0, -1).includes('run_queue')) throw new MalformedCase(`${place}: run_queue is not the last step`);
}

/** A field that no one reads would be a wish that no one tests. */
function checkFields(
  value: unknown,
  tag: string,
  known: FieldsByKind,
  everywhere: readonly string[],
  place: string,
): Record<string, unknown> {
  const record = recordOf(value, place);
  const own = known.get(oneOf(record[tag], [...known.keys()], `${place}.${tag}`));
  const unread = own && Object.keys(record).find((field) => !own.includes(field) && !everywhere.includes(field));
  if (unread !== undefined) throw new MalformedCase(`${place}.${unread} is not known for ${tag} ${short(record[tag])}`);
  return record;
}

/**
 * The part that a case needs and this release, or this machine, does not have; undefined if it can
 * run.
 */
export function missingPart({ tracker, steps = [] }: VectorCase): string | undefined {
  const needed = [
    ...allBackends(tracker).map(({ kind }) => kind),
    ...allSteps(steps).flatMap(({ op, backend }) => [op, ...(backend ? [backend.kind] : [])]),
  ];
  if (needed.includes('async_routing') && !hasQueueServer) return 'a Redis: REDIS_URL, or npm run services';
  if (needed.includes('mongo') && !hasServer) return 'a MongoDB: MONGO_URL, or npm run services';
  if (needed.includes('bus_deliver') && needed.includes('async_routing'))
    return 'an application that receives from the bus and does not work its queues off';
  const late = new Set(allSteps(steps).flatMap(({ backend }) => (backend ? [backend.kind] : [])));
  if (['routing', 'async_routing', 'event_bus'].some((kind) => late.has(kind)))
    return 'a way to register a routing backend with its children at run time';
  return late.has('segment') || late.has('mongo') ? 'a way to register a destination at run time' : undefined;
}

/** Every backend of the tree, depth first. */
export function allBackends({ backends = {} }: VectorBranch): readonly VectorBackend[] {
  return Object.values(backends).flatMap((each) => [each, ...allBackends(each)]);
}

/** Every step, the nested ones after the one that holds them. */
export function allSteps(steps: readonly VectorStep[]): readonly VectorStep[] {
  return steps.flatMap((step) => [step, ...allSteps(step.steps ?? [])]);
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedCase(`${what} is ${short(value)}, not a mapping`);
  return value as Record<string, unknown>;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedCase(`${what} is ${short(value)}, not a list`);
  return value;
}

function oneOf(value: unknown, known: readonly string[], what: string): string {
  if (typeof value !== 'string' || !known.includes(value))
    throw new MalformedCase(`${what} is ${short(value)}; known are ${known.join(', ')}`);
  return value;
}

/** A value as a report can show it. */
export function short(value: unknown): string {
  const text = inJson(value);
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}

function inJson(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'bigint' ? `${each}n` : each,
    );
    return typeof text === 'string' ? text : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : short(error);
}
