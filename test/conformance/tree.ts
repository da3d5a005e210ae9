/**
 * A case's tracker, described the way an application describes its own: `backend()` and
 * `processor()` in a forRoot tree. What the format calls a memory backend is a class of ours here,
 * since it must also spoil the event it was handed and fail when asked to.
 */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import {
  InjectOptions,
  LoggerBackend,
  NameAllowlist,
  RegexFilter,
  RoutingBackend,
  backend,
  processor,
  type Backend,
  type EventProcessor,
  type Processor,
  type TrackerService,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import { SegmentBackend, type SegmentBackendOptions } from 'nestjs-event-tracking/segment';
import { DocumentStores } from './document-store';
import { CaseBus } from './event-bus';
import { EventQueues } from './event-queues';
import { makeError } from './faults';
import { legalNames } from './names';
import { copyOf, deleteAt, setAt } from './paths';
import { isMapping, toValue } from './values';
import type { SegmentApi } from './segment';
import type { VectorBackend, VectorBranch, VectorProcessor } from './vectors';

/** What the backends of one case were given, under the paths that the vectors use. */
export class Recording {
  readonly received = new Map<string, unknown[]>();
  readonly lines = new Map<string, (readonly [level: string, text: string])[]>();
  readonly order: string[] = [];
  /** Where the Segment backends of the case send to; only in a case that has some. */
  segment: SegmentApi | undefined;
  readonly stores = new DocumentStores();
  readonly queues = new EventQueues();
  readonly bus = new CaseBus();

  /** @param busSettings what the case sets for the event bus */
  constructor(readonly busSettings?: unknown) {}

  event(path: string, event: unknown): void {
    this.order.push(path);
    append(this.received, path, event);
  }

  /** Where a logger of the case writes: to a pino whose lines are kept with their level. */
  loggerTarget(path: string, { level, threshold = 'debug' }: VectorBackend): object {
    const kept = new Writable({
      decodeStrings: false,
      write: (line: string, _encoding, done) => {
        const { level: written, msg } = JSON.parse(line) as { level: number; msg: string };
        this.order.push(path);
        append(this.lines, path, [pino.levels.labels[written] ?? String(written), msg] as const);
        done();
      },
    });
    return {
      pino: pino({ level: levelOf(threshold) as string }, kept),
      ...(level === undefined ? {} : { level: levelOf(level) }),
    };
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  lists.set(key, [...(lists.get(key) ?? []), value]);
}

type Branch = NonNullable<Parameters<typeof backend>[2]>;

/**
 * @param path the vector's own path of the branch, '' for the root. @param late names that steps
 * will register beside its backends.
 */
export function describeBranch(
  { processors = [], backends = {} }: VectorBranch,
  recording: Recording,
  path = '',
  late: readonly string[] = [],
): Branch {
  const names = legalNames([...Object.keys(backends), ...late]);
  return {
    processors: processors.map(describeProcessor),
    backends: Object.fromEntries(
      Object.entries(backends).map(([name, each]) => [
        names.get(name) ?? name,
        describeBackend(each, recording, path === '' ? name : `${path}/${name}`),
      ]),
    ),
  } as Branch;
}

function describeBackend(vector: VectorBackend, recording: Recording, path: string): unknown {
  switch (vector.kind) {
    case 'memory':
      return backend(RecordingBackend, recordingOptions(vector, recording, path));
    case 'routing':
      return backend(RoutingBackend, {}, describeBranch(vector, recording, path));
    case 'async_routing':
      return recording.queues.describe(path, describeBranch(vector, recording, path));
    case 'event_bus':
      return recording.bus.describe(recording.busSettings, describeBranch(vector, recording, path));
    case 'logger':
      return backend(LoggerBackend, loggerOptions(vector, recording, path));
    case 'segment':
      return backend(SegmentBackend, segmentOptions(recording));
    case 'mongo':
      return recording.stores.describe(path, vector);
    default: // no_send
      return vector.shape === 'mapping' ? { a: 1 } : backend(WithoutSend as never);
  }
}

type Registered = Parameters<TrackerService['registerBackend']>[1];

/** An instance for `registerBackend`, from the same descriptions. */
export function makeBackend(vector: VectorBackend, recording: Recording, path: string): Registered {
  if (vector.kind === 'memory') return new RecordingBackend(recordingOptions(vector, recording, path));
  if (vector.kind === 'logger') return new LoggerBackend(loggerOptions(vector, recording, path));
  return (vector.shape === 'mapping' ? { a: 1 } : new WithoutSend()) as never;
}

function describeProcessor(vector: VectorProcessor): unknown {
  if (vector.kind === 'regex_filter') return processor(RegexFilter, regexOptions(vector));
  if (vector.kind === 'name_whitelist') return processor(NameAllowlist, namesOptions(vector));
  return vector.kind === 'not_callable' ? { not: 'callable' } : processor(makeFunction(vector));
}

/** An instance or a function for `registerProcessor`. */
export function makeProcessor(vector: VectorProcessor): Processor | EventProcessor {
  if (vector.kind === 'regex_filter') return new RegexFilter(regexOptions(vector));
  if (vector.kind === 'name_whitelist') return new NameAllowlist(namesOptions(vector));
  return vector.kind === 'not_callable' ? ({ not: 'callable' } as never) : makeFunction(vector);
}

interface RecordingOptions {
  readonly record: (event: unknown) => void;
  readonly spoil: ((event: unknown) => void) | undefined;
  readonly fail: ((event: TrackingEvent) => void) | undefined;
}

class RecordingBackend implements Backend {
  constructor(@InjectOptions() private readonly options: RecordingOptions) {}

  send(event: TrackingEvent): void {
    const { record, spoil, fail } = this.options;
    record(copyOf(event));
    spoil?.(event);
    fail?.(event);
  }
}

function recordingOptions(
  { then_set, then_fail, when_name }: VectorBackend,
  recording: Recording,
  path: string,
): RecordingOptions {
  return {
    record: (event) => {
      recording.event(path, event);
    },
    spoil:
      then_set &&
      ((event) => {
        setAt(event, then_set[0], toValue(then_set[1]));
      }),
    fail:
      then_fail === undefined
        ? undefined
        : (event) => {
            if (when_name === undefined || event.name === when_name) throw makeError(then_fail);
          },
  };
}

class WithoutSend {}

function segmentOptions({ segment }: Recording): SegmentBackendOptions {
  if (segment === undefined) throw new Error('nobody listens for what a Segment backend sends');
  return segment.options;
}

const LEVELS: ReadonlyMap<string, string> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['warning', 'warn'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['critical', 'fatal'],
  ['fatal', 'fatal'],
]);

/**
 * The level of ours that stands for one of the reference's, in any case of letters; what the
 * reference does not know stays as it is.
 */
export function levelOf(level: unknown): unknown {
  return (typeof level === 'string' && LEVELS.get(level.toLowerCase())) || level;
}

type LoggerOptions = ConstructorParameters<typeof LoggerBackend>[0];

function loggerOptions(vector: VectorBackend, recording: Recording, path: string): LoggerOptions {
  const { max_event_size: limit = 1024 } = vector; // absent means the reference's own default; ours is no limit
  return {
    format: 'reference',
    ...recording.loggerTarget(path, vector),
    ...(limit === null ? {} : { maxEventBytes: toValue(limit) }),
  } as LoggerOptions;
}

// Only the options that the vector gives are handed on, and as they are: many cases are about what
// is refused.
function regexOptions({ filter_type, expressions }: VectorProcessor): ConstructorParameters<typeof RegexFilter>[0] {
  return {
    ...(filter_type === undefined ? {} : { filterType: toValue(filter_type) }),
    // The reference takes a filter without expressions for one with an empty list; here it is an
    // error.
    regularExpressions: expressions === undefined ? [] : toValue(expressions),
  } as ConstructorParameters<typeof RegexFilter>[0];
}

function namesOptions({ names }: VectorProcessor): ConstructorParameters<typeof NameAllowlist>[0] {
  return (names === undefined ? {} : { names: toValue(names) }) as ConstructorParameters<typeof NameAllowlist>[0];
}

function makeFunction(vector: VectorProcessor): Processor {
  const act = actionOf(vector);
  const { when_name: name } = vector;
  return name === undefined ? act : (event) => (event.name === name ? act(event) : event);
}

function actionOf({ kind, path = [], value, error }: VectorProcessor): Processor {
  switch (kind) {
    case 'set':
      return (event) => {
        setAt(event, path, toValue(value));
      };
    case 'set_and_return':
      return (event) => {
        setAt(event, path, toValue(value));
        return event;
      };
    case 'set_then_fail':
      return (event) => {
        setAt(event, path, toValue(value));
        throw makeError(error);
      };
    case 'copy_and_set':
    case 'copy_and_drop':
      return (event) => {
        const copy = copyOf(event);
        setAt(copy, path, toValue(value));
        return kind === 'copy_and_set' ? copy : undefined;
      };
    case 'append':
      return (event) => {
        appendToTrace(event, toValue(value));
        return event;
      };
    case 'delete':
      return (event) => {
        deleteAt(event, path);
      };
    case 'return_value': // the reference's null is its way of returning nothing; ours would drop the event
      return () => (value === null ? undefined : (toValue(value) as ReturnType<Processor>));
    default: // cancel and fail
      return () => {
        throw makeError(kind === 'cancel' ? 'cancel' : error);
      };
  }
}

function appendToTrace({ data }: TrackingEvent, value: unknown): void {
  if (!isMapping(data)) throw new TypeError('data is not a mapping');
  if (!Object.hasOwn(data, 'trace')) data.trace = [];
  if (!Array.isArray(data.trace)) throw new TypeError('data.trace is not a list');
  data.trace.push(value);
}
