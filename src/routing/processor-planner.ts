import { showChoice, showValue } from '../common/tracking-config.exception';
import { classNameOf, isAsyncFunction, isClass } from './class-kind';
import {
  isAsyncProcessorClass,
  isDescription,
  isSyncProcessorClass,
  type ProcessorDescription,
  type ProcessorEntry,
} from './description';
import type { PlanErrors } from './plan-errors';
import { getProcessorToken } from './tokens';
import type { Imports, ProcessorPlan, StepSettings } from './tree-plan';

export const ASYNC_PROCESSOR = 'it is async, and emit waits for nothing, so it could never change an event.';

/** Node whose processors are planned. */
export interface ProcessorOwner {
  /** Place of the node in the configuration with a trailing dot; empty for the tracker. */
  readonly prefix: string;
  readonly path: string;
  /** Modules of the node, whose exports the processors can inject too. */
  readonly imports: Imports;
  /** True if the processors run behind a queue, and may therefore wait. */
  readonly hasQueue: boolean;
}

/** Reads the processors of a tracker or a backend into plans. */
export class ProcessorPlanner {
  constructor(
    private readonly tracker: string,
    private readonly errors: PlanErrors,
  ) {}

  plan(owner: ProcessorOwner, entries: unknown): ProcessorPlan[] {
    if (entries === undefined) return [];
    const at = `${owner.prefix}processors`;
    if (!Array.isArray(entries)) {
      const fix = 'processors: [processor(NameAllowlist, { names: [...] })]';
      this.errors.add(at, `it is ${showValue(entries)}, not a list.`, fix);
      return [];
    }
    return (entries as readonly ProcessorEntry[]).flatMap(
      (entry, index) => this.one(`${at}[${String(index)}]`, owner, index, entry) ?? [],
    );
  }

  private one(at: string, owner: ProcessorOwner, index: number, entry: ProcessorEntry): ProcessorPlan | undefined {
    const description: ProcessorDescription = isDescription(entry, 'processor')
      ? entry
      : { kind: 'processor', type: entry, options: undefined, settings: {} };
    const { type, options, settings } = description;
    const place = `${at} (${classNameOf(type)})`;
    if (!this.isUsable(at, place, type, owner.hasQueue)) return undefined;
    return {
      ...{ place, type, options },
      imports: [...owner.imports, ...this.errors.readImports(`${at}.imports`, settings.imports)],
      token: getProcessorToken(owner.path, index, this.tracker),
      settings: this.settings(place, settings, isAsyncProcessorClass(type), owner.hasQueue),
    };
  }

  private isUsable(at: string, place: string, type: unknown, hasQueue: boolean): boolean {
    if (typeof type !== 'function') {
      const what = `it is ${showValue(type)}, neither a function nor a class with a process method.`;
      this.errors.add(at, what, 'processors: [(event) => { ... }]');
      return false;
    }
    if (isAsyncProcessorClass(type)) {
      if (!hasQueue) this.errors.add(place, WAITS_WITHOUT_QUEUE.what, WAITS_WITHOUT_QUEUE.fix);
      return hasQueue;
    }
    const process: unknown = isSyncProcessorClass(type) ? (type.prototype as { process: unknown }).process : type;
    if (isClass(process)) {
      const fix = 'class MyProcessor { process(event: TrackingEvent) { ... } }';
      this.errors.add(place, 'the class has no process method.', fix);
      return false;
    }
    if (isAsyncFunction(process)) this.errors.add(place, ASYNC_PROCESSOR, ASYNC_FIX);
    return true;
  }

  private settings(
    place: string,
    settings: ProcessorDescription['settings'],
    isAsync: boolean,
    hasQueue: boolean,
  ): StepSettings {
    const known = ['onError', 'imports', ...(isAsync ? ['timeoutMs', 'concurrency'] : [])];
    this.errors.checkKeys(place, 'settings object', settings, known);
    const { onError = 'skip', timeoutMs = 10_000, concurrency = 10 } = settings;
    const possible = hasQueue ? ['skip', 'drop', 'dead-letter'] : ['skip', 'drop'];
    if (!possible.includes(onError)) {
      const list = possible.map((one) => `"${one}"`).join(' or ');
      const where = onError === 'dead-letter' ? ' here; "dead-letter" only in an AsyncRoutingBackend' : '';
      const what = `onError is ${showChoice(onError, possible)}; it can be ${list}${where}.`;
      this.errors.add(place, what, `processor(..., { onError: 'drop' })`);
    }
    this.errors.checkLeast(place, { timeoutMs, concurrency }, 1);
    return { onError, timeoutMs, concurrency };
  }
}

const WAITS_WITHOUT_QUEUE = {
  what: 'it is an AsyncProcessor, which waits, and emit waits for nothing; only an AsyncRoutingBackend has the queue that it needs before it.',
  fix: 'put it into the processors of an AsyncRoutingBackend; or do the waiting before emit, and look its result up here: processor(Enrich, { key, lookup })',
};

const ASYNC_FIX =
  'make it synchronous; or make it a class with async processAsync(event, signal), in the processors of an AsyncRoutingBackend';
