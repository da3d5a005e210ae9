/**
 * Reads the described tree into a plan, before anything is built. An error in the tree must be
 * found before the first node is built, and all errors must be reported together. Whatever cannot
 * be planned becomes an error with its place in the configuration.
 */
import type { ModuleMetadata } from '@nestjs/common';
import type { DeliveryOptions } from '../delivery/delivery-options';
import { faultsOfDelivery } from './delivery-faults';
import {
  isAsyncProcessorClass,
  isSyncProcessorClass,
  type AsyncProcessorClass,
  type BackendClass,
  type BackendDescription,
  type Backends,
  type ProcessorClass,
  type ProcessorDescription,
  type ProcessorEntry,
} from './description';
import type { AsyncStepSettings } from './async-step';
import type { Processor } from './contracts';
import { isNodeName, nodeNameFault, nodePlace, notABackendFix } from './node-name';
import { QueuedRouting } from './queued-routing';
import { RoutingBackend } from './routing.backend';
import type { ConsumerClass, ConsumerDescription, ConsumerSettings } from './event-consumer';
import { getBackendToken, getConsumerToken, getProcessorToken } from './tokens';
import { showChoice, showOption, showValue, type ConfigError } from '../common/tracking-config.exception';

export type Imports = NonNullable<ModuleMetadata['imports']>;

export interface ProcessorPlan {
  /** Place in the configuration: `backends.caliper.processors[0] (RegexFilter)`. */
  readonly place: string;
  readonly token: string;
  readonly type: ProcessorClass | AsyncProcessorClass | Processor;
  readonly options: unknown;
  readonly settings: AsyncStepSettings;
  readonly imports: Imports;
}

export interface BackendPlan {
  /** Place in the configuration: `backends.caliper.backends.mongo (MongoBackend)`. */
  readonly place: string;
  readonly name: string;
  readonly path: string;
  readonly token: string;
  readonly type: BackendClass;
  readonly options: unknown;
  readonly imports: Imports;
  readonly delivery: DeliveryOptions | undefined;
  readonly processors: readonly ProcessorPlan[];
  readonly children: readonly BackendPlan[];
}

export interface ConsumerPlan {
  /** Place in the configuration: `consumers.bus (RedisStreamsConsumer)`. */
  readonly place: string;
  readonly name: string;
  readonly token: string;
  readonly type: ConsumerClass;
  readonly options: unknown;
  readonly settings: ConsumerSettings;
  readonly imports: Imports;
}

/** Input of `forRoot` as the tree of one tracker. */
export interface TreePlan {
  readonly consumers: readonly ConsumerPlan[];
  readonly processors: readonly ProcessorPlan[];
  readonly backends: readonly BackendPlan[];
  readonly faults: readonly ConfigError[];
}

export interface DescribedTree {
  readonly processors?: readonly ProcessorEntry[] | undefined;
  readonly backends?: Backends | undefined;
  /** Consumers, which bring events in, by name.  @default {} */
  readonly consumers?: Readonly<Record<string, ConsumerDescription>> | undefined;
  readonly imports?: Imports | undefined;
}

export const ASYNC_PROCESSOR = 'it is async, and emit waits for nothing, so it could never change an event.';
export const ASYNC_SEND = 'its send is async: emit waits for nothing, so what fails in it would be lost unseen.';

export function planTree(tracker: string, tree: DescribedTree): TreePlan {
  const planner = new Planner(tracker);
  const imports = planner.imports('imports', tree.imports);
  const processors = planner.processors('', '', imports, tree.processors, false);
  const backends = planner.backends('', '', [], tree.backends);
  const consumers = planner.consumers(tree.consumers);
  return { processors, backends, consumers, faults: planner.faults };
}

class Planner {
  readonly faults: ConfigError[] = [];

  constructor(private readonly tracker: string) {}

  backends(place: string, path: string, ancestors: readonly object[], backends: unknown): BackendPlan[] {
    if (backends === undefined) return [];
    const at = `${place}backends`;
    if (typeof backends !== 'object' || backends === null || Array.isArray(backends)) {
      this.fault(
        at,
        `it is ${showValue(backends)}, not an object of backends by name.`,
        '{ tracking_logs: backend(LoggerBackend) }',
      );
      return [];
    }
    return Object.entries(backends as Backends)
      .sort(([a], [b]) => compareCodePoints(a, b))
      .flatMap(([name, description]) => this.backend(nodePlace(at, name), path, name, ancestors, description) ?? []);
  }

  /** @param hasQueue true if the processors run behind a queue, and may therefore wait */
  processors(place: string, path: string, imports: Imports, entries: unknown, hasQueue: boolean): ProcessorPlan[] {
    if (entries === undefined) return [];
    if (!Array.isArray(entries)) {
      this.fault(
        `${place}processors`,
        `it is ${showValue(entries)}, not a list.`,
        'processors: [processor(NameAllowlist, { names: [...] })]',
      );
      return [];
    }
    return (entries as readonly ProcessorEntry[]).flatMap(
      (entry, index) =>
        this.processor(`${place}processors[${String(index)}]`, path, index, imports, entry, hasQueue) ?? [],
    );
  }

  consumers(consumers: unknown): ConsumerPlan[] {
    if (consumers === undefined) return [];
    if (typeof consumers !== 'object' || consumers === null || Array.isArray(consumers)) {
      this.fault(
        'consumers',
        `it is ${showValue(consumers)}, not an object of consumers by name.`,
        'consumers: { bus: consumer(RedisStreamsConsumer, { ... }) }',
      );
      return [];
    }
    return Object.entries(consumers as Record<string, unknown>).flatMap(
      ([name, description]) => this.consumer(name, description) ?? [],
    );
  }

  imports(place: string, imports: unknown): Imports {
    if (imports === undefined) return [];
    if (Array.isArray(imports)) return imports as Imports;
    this.fault(place, `it is ${showValue(imports)}, not a list of modules.`, 'imports: [SomeModule]');
    return [];
  }

  private backend(
    at: string,
    parentPath: string,
    name: string,
    ancestors: readonly object[],
    description: BackendDescription,
  ): BackendPlan | undefined {
    if (!isDescription(description, 'backend')) {
      this.fault(at, `it is ${showValue(description)}, not a backend.`, notABackendFix(name, description));
      return undefined;
    }
    const { type, options, surroundings } = description;
    const place = `${at} (${classNameOf(type)})`;
    this.checkName(place, name);
    if (ancestors.includes(description)) {
      this.fault(
        place,
        'it stands inside itself, so the tree has no end.',
        'describe the inner one by a backend() of its own',
      );
      return undefined;
    }
    if (!this.isBackendClass(place, type)) return undefined;
    this.refuseUnknownKeys(place, 'third argument', surroundings, ['processors', 'backends', 'delivery', 'imports']);
    const delivery = this.delivery(place, type, surroundings.delivery);
    const path = parentPath === '' ? name : `${parentPath}/${name}`;
    const imports = this.imports(`${at}.imports`, surroundings.imports);
    const children = this.backends(`${at}.`, path, [...ancestors, description], surroundings.backends);
    if (children.length > 0 && !isRouting(type)) {
      this.fault(
        place,
        'it has backends of its own, but only a routing backend hands events on.',
        `backend(RoutingBackend, {}, { backends: { ... } })`,
      );
    }
    const processors = this.processors(`${at}.`, path, imports, surroundings.processors, isQueued(type));
    return {
      place,
      name,
      path,
      token: getBackendToken(path, this.tracker),
      type,
      options,
      imports,
      delivery,
      processors,
      children,
    };
  }

  private consumer(name: string, description: unknown): ConsumerPlan | undefined {
    const at = nodePlace('consumers', name);
    if (!isDescription(description, 'consumer')) {
      this.fault(at, `it is ${showValue(description)}, not a consumer.`, 'name: consumer(SomeConsumer, { ... })');
      return undefined;
    }
    const { type, options, settings } = description;
    const place = `${at} (${classNameOf(type)})`;
    this.checkName(place, name);
    if (typeof (type as { prototype?: { begin?: unknown } }).prototype?.begin !== 'function') {
      this.fault(
        place,
        'its class has no begin method.',
        'class MyConsumer implements EventConsumer { begin(surroundings) { ... } }',
      );
      return undefined;
    }
    this.refuseUnknownKeys(place, 'settings', settings, ['imports', 'dedupeWindowMs', 'handlerAttempts']);
    const { dedupeWindowMs = 0, handlerAttempts = 1 } = settings;
    this.checkLeast(place, { dedupeWindowMs }, 0);
    this.checkLeast(place, { handlerAttempts }, 1);
    const imports = this.imports(`${at}.imports`, settings.imports);
    return { place, name, token: getConsumerToken(name, this.tracker), type, options, settings, imports };
  }

  private delivery(place: string, type: BackendClass, delivery: unknown): DeliveryOptions | undefined {
    if (delivery === undefined) return undefined;
    if (!isDestinationClass(type)) {
      this.fault(
        place,
        'it has delivery options, but no sendBatch method, so nothing is queued for it.',
        'leave delivery out, or give the class sendBatch(events, signal)',
      );
      return undefined;
    }
    const faults = faultsOfDelivery(delivery);
    for (const { option, what, fix } of faults) this.fault(`${place} delivery.${option}`, what, fix);
    return faults.length > 0 ? undefined : (delivery as DeliveryOptions);
  }

  private processor(
    at: string,
    path: string,
    index: number,
    nodeImports: Imports,
    entry: ProcessorEntry,
    hasQueue: boolean,
  ): ProcessorPlan | undefined {
    const description: ProcessorDescription = isDescription(entry, 'processor')
      ? entry
      : { kind: 'processor', type: entry, options: undefined, settings: {} };
    const { type, options, settings } = description;
    if (typeof type !== 'function') {
      this.fault(
        at,
        `it is ${showValue(type)}, neither a function nor a class with a process method.`,
        'processors: [(event) => { ... }]',
      );
      return undefined;
    }
    const place = `${at} (${classNameOf(type)})`;
    if (isAsyncProcessorClass(type) && !hasQueue) {
      this.fault(
        place,
        'it is an AsyncProcessor, which waits, and emit waits for nothing; only an AsyncRoutingBackend has the queue that it needs before it.',
        'put it into the processors of an AsyncRoutingBackend; or do the waiting before emit, and look its result up here: processor(Enrich, { key, lookup })',
      );
      return undefined;
    }
    const isWaiting = isAsyncProcessorClass(type);
    const process: unknown = isSyncProcessorClass(type) ? (type.prototype as { process: unknown }).process : type;
    if (!isWaiting && isClass(process)) {
      this.fault(
        place,
        'the class has no process method.',
        'class MyProcessor { process(event: TrackingEvent) { ... } }',
      );
      return undefined;
    }
    if (isAsyncFunction(process)) {
      this.fault(
        place,
        ASYNC_PROCESSOR,
        'make it synchronous; or make it a class with async processAsync(event, signal), in the processors of an AsyncRoutingBackend',
      );
    }
    const imports = [...nodeImports, ...this.imports(`${at}.imports`, settings.imports)];
    const token = getProcessorToken(path, index, this.tracker);
    return { place, token, type, options, settings: this.settings(place, settings, isWaiting, hasQueue), imports };
  }

  private settings(
    place: string,
    settings: ProcessorDescription['settings'],
    isWaiting: boolean,
    hasQueue: boolean,
  ): AsyncStepSettings {
    const known = ['onError', 'imports', ...(isWaiting ? ['timeoutMs', 'concurrency'] : [])];
    this.refuseUnknownKeys(place, 'settings', settings, known);
    const { onError = 'skip', timeoutMs = 10_000, concurrency = 10 } = settings;
    const possible = hasQueue ? ['skip', 'drop', 'dead-letter'] : ['skip', 'drop'];
    if (!possible.includes(onError)) {
      const list = possible.map((one) => `"${one}"`).join(' or ');
      const where = onError === 'dead-letter' ? ' here; "dead-letter" only in an AsyncRoutingBackend' : '';
      this.fault(
        place,
        `onError is ${showChoice(onError, possible)}; it can be ${list}${where}.`,
        `processor(..., { onError: 'drop' })`,
      );
    }
    this.checkLeast(place, { timeoutMs, concurrency }, 1);
    return { onError, timeoutMs, concurrency };
  }

  private isBackendClass(place: string, type: unknown): type is BackendClass {
    if (typeof type !== 'function') {
      this.fault(
        place,
        `its class is ${showValue(type)}.`,
        'backend(SomeBackend, { ... }) with the class itself first',
      );
      return false;
    }
    if (isRouting(type)) return true;
    const { send, accept } = (type.prototype ?? {}) as { send?: unknown; accept?: unknown };
    if (typeof accept === 'function' || isDestinationClass(type)) return true;
    if (typeof send !== 'function') {
      this.fault(
        place,
        'the class has neither a send nor a sendBatch method, so no event could reach it.',
        'class MyBackend implements Backend { send(event: TrackingEvent) { ... } }; or, if it has to wait, class MyDestination implements Destination { async sendBatch(events, signal) { ... } }',
      );
      return false;
    }
    if (isAsyncFunction(send)) {
      this.fault(
        place,
        ASYNC_SEND,
        'async sendBatch(events, signal) { ... } instead of send: the events are then queued for it',
      );
    }
    return true;
  }

  private checkLeast(place: string, settings: Readonly<Record<string, unknown>>, least: number): void {
    for (const [name, value] of Object.entries(settings)) {
      if (typeof value === 'number' && value >= least) continue;
      const what = `${name} is ${showValue(value)}, not a number from ${String(least)} up.`;
      this.fault(place, what, 'leave it out, or give a number');
    }
  }

  private checkName(place: string, name: string): void {
    if (!isNodeName(name))
      this.fault(place, nodeNameFault(name), 'give it a name of letters, digits, "_", "." and "-"');
  }

  private refuseUnknownKeys(place: string, what: string, value: object, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      this.fault(
        place,
        `the ${what} has the unknown field ${showOption(key, known)}; known are ${known.join(', ')}.`,
        'options of the class go into the second argument',
      );
    }
  }

  private fault(path: string, what: string, fix: string): void {
    this.faults.push({ path, what, fix });
  }
}

interface Descriptions {
  readonly backend: BackendDescription;
  readonly processor: ProcessorDescription;
  readonly consumer: ConsumerDescription;
}

function isDescription<Kind extends keyof Descriptions>(value: unknown, kind: Kind): value is Descriptions[Kind] {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
}

/** True if the delivery engine sends batches to the instances of this class. */
export function isDestinationClass(type: unknown): boolean {
  return typeof (type as { prototype?: { sendBatch?: unknown } }).prototype?.sendBatch === 'function';
}

function isQueued(type: unknown): boolean {
  return typeof type === 'function' && type.prototype instanceof QueuedRouting;
}

function isRouting(type: unknown): boolean {
  return type === RoutingBackend || (typeof type === 'function' && type.prototype instanceof RoutingBackend);
}

function classNameOf(type: unknown): string {
  if (typeof type !== 'function') return 'no class';
  // A function in an object literal is named after its key, which can be any string.
  return /^[A-Za-z_$][\w$]{0,79}$/.test(type.name) ? type.name : 'a function';
}

/**
 * True for a class. `class X {}` is a function too; only its source text shows that it is a class.
 */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

export function isAsyncFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncFunction]';
}

/**
 * Compares by code points instead of UTF-16 units: the reference implementation uses this order,
 * and so does every language except JavaScript.
 */
export function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
