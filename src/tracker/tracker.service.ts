import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { bindEmitter, boundFunction } from '../context/bound-emitter';
import { boundStream } from '../context/bound-stream';
import { InvalidContextException } from '../context/invalid-context.exception';
import { bindFlow } from '../context/flow';
import { currentScopesTracker } from '../context/tracker-scopes';
import { UnknownContextException } from '../context/unknown-context.exception';
import type { Destination } from '../delivery/destination';
import type { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import type { TrackingLedger } from '../ledger/tracking-ledger';
import { describeError } from '../common/describe-error';
import { copyNormalForm } from '../event/form-copies';
import { toEventName } from '../event/normalizer';
import { quoted } from '../common/printable';
import type { EventFields } from '../event/tracking-event';
import type { EventOutcome } from '../routing/confirmation';
import type { Backend, EnvelopeBackend, EventProcessor, Processor } from '../routing/contracts';
import { showValue } from '../common/tracking-config.exception';
import { UnknownBackendException } from '../routing/unknown-backend.exception';
import { isEventDefinition, type EventDefinition } from '../catalog/define-event';
import type { DataArgument, EventName, NamedDataArgument, UnregisteredName } from '../catalog/registered-events';
import type { TrackingCatalog } from '../catalog/tracking-catalog';
import { violationsText } from '../catalog/violation';
import type { TrackingViolations } from '../catalog/tracking-violations';
import { EmitConfirmation } from './emit-confirmation';
import { registerBackend, registerProcessor } from './register';
import { NotConfirmedException } from './not-confirmed.exception';
import { givenName, givenWait, isStream } from './given-arguments';
import { hasStackRoom } from './stack-room';
import { TrackerRuntime, type RuntimeOptions } from './tracker-runtime';

/**
 * Nested calls that `emitConfirmed` requires on the stack: about ten times as many as the tree
 * needs.
 */
const STACK_ROOM = 1000;

export interface ConfirmOptions {
  /**
   * Signal that ends the wait, but does not cancel the event.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Maximum wait in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
}

/** Outcome of one confirmed event for each backend path. */
export interface ConfirmedEvent {
  readonly id: string;
  readonly destinations: Readonly<Record<string, 'delivered' | 'stored' | 'filtered'>>;
}

/**
 * Emits events and manages contexts for application code. The application has one per tracker;
 * inject it by its class, or with `@InjectTracker(name)`.
 */
@Injectable()
export class TrackerService {
  /**
   * Name given to `forRoot`.
   * @default 'default'
   */
  readonly name: string;
  /** Counters of this tracker. */
  readonly ledger: TrackingLedger;
  readonly deadLetters: TrackingDeadLetters;
  /** Events that did not match the catalog. */
  readonly violations: TrackingViolations;
  readonly catalog: TrackingCatalog;
  private readonly runtime: TrackerRuntime;

  /** Built by TrackingModule: inject it. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(options: RuntimeOptions);
  constructor(options: RuntimeOptions) {
    this.runtime = new TrackerRuntime(this, options);
    this.name = options.name;
    this.ledger = this.runtime.ledger;
    this.deadLetters = this.runtime.deadLetters;
    this.violations = this.runtime.violations;
    this.catalog = this.runtime.catalog;
  }

  /** @internal Used by the module, which starts and closes the runtime. */
  static runtimeOf(tracker: TrackerService): TrackerRuntime {
    return tracker.runtime;
  }

  /**
   * Sends an event with the context of the current scope to every backend.
   * Returns when each backend has accepted or refused it, without waiting for the network or the
   * disk. Never throws: errors are logged once and counted in `ledger`.
   * @param event its definition, or its name; absent or '' becomes `unknown`
   * @param data data that matches the definition, or any object. It is normalized at once, so you
   * may change it afterwards.  @default {}
   */
  emit<Data extends object>(event: EventDefinition<string, Data>, ...data: DataArgument<Data>): void;
  emit<Name extends EventName>(name: Name, ...data: NamedDataArgument<Name>): void;
  /** Emits an event with the name `unknown` if the name is absent. */
  emit(name?: UnregisteredName, data?: object): void;
  emit(name?: unknown, data?: object): void {
    const { runtime } = this;
    try {
      runtime.emit(name, data);
    } catch {
      // The stack is full, so no method can be called: plain assignments only.
      runtime.books.emitted++;
      runtime.books.overflowed++;
      runtime.processing.hasOverflowed = true;
    }
  }

  /**
   * Emits an event like `emit`, and resolves when every backend has written, delivered or filtered
   * it.
   * @throws NotConfirmedException if a backend has not done so, or not in time, with the outcome of
   * each; or if the catalog rejected the event, with its violations
   */
  emitConfirmed<Data extends object>(
    event: EventDefinition<string, Data>,
    ...rest: [...data: DataArgument<Data>, options?: ConfirmOptions]
  ): Promise<ConfirmedEvent>;
  emitConfirmed<Name extends EventName>(
    name: Name,
    ...rest: [...data: NamedDataArgument<Name>, options?: ConfirmOptions]
  ): Promise<ConfirmedEvent>;
  async emitConfirmed(event: unknown, data?: object, options?: ConfirmOptions): Promise<ConfirmedEvent> {
    const name = isEventDefinition(event) ? event.name : toEventName(event);
    const { signal, timeoutMs } = givenWait(options);
    const { runtime } = this;
    const confirmation = new EmitConfirmation();
    let id = '';
    try {
      // A promise created at the end of the stack may be rejected before a handler can be attached,
      // which ends the process.
      if (!hasStackRoom(STACK_ROOM)) throw new RangeError('Maximum call stack size exceeded');
      id = runtime.emit(event, data, confirmation) ?? '';
    } catch (error) {
      runtime.books.emitted++;
      runtime.books.overflowed++;
      runtime.processing.hasOverflowed = true;
      confirmation.failure = { error };
    }
    if (runtime.isOff) return { id, destinations: {} };
    const ended = confirmation.failure === undefined ? await confirmation.end(timeoutMs, signal) : undefined;
    const destinations = confirmation.table();
    const { violations, failure } = confirmation;
    if (failure !== undefined) {
      const why = `since emit failed: ${describeError(failure.error)}`;
      throw NotConfirmedException.create(name, id, destinations, why, failure.error);
    }
    if (ended === undefined && Object.values(destinations).every(isConfirmed)) {
      return { id, destinations: destinations as ConfirmedEvent['destinations'] };
    }
    const why =
      ended ??
      (violations.length > 0
        ? `since it does not match the catalog: ${violationsText(violations)}`
        : 'since it was dropped');
    throw NotConfirmedException.create(name, id, destinations, why, signal?.reason, violations);
  }

  /** Runs `body` in a scope whose events also carry `values`, and returns the result of `body`. */
  context<Result>(values: object, body: () => Result): Result;
  /**
   * Runs `body` in a scope with a named entry. `exitContext` finds the entry by that name, and
   * errors list it.
   */
  context<Result>(name: string, values: object, body: () => Result): Result;
  context<Result>(first: object | string, second: object | (() => Result), third?: () => Result): Result {
    return third === undefined
      ? this.inContext('context', first, second as () => Result)
      : this.inContext(first, second, third);
  }

  /**
   * Adds values to the nearest open scope, until that scope ends or `exitContext` removes them.
   * Outside every scope the values apply to the whole process: right for a release or a region,
   * wrong for a user.
   * @throws InvalidContextException if `values` is not an object with keys; nothing is entered
   */
  enterContext(name: string, values: object): void {
    const known = givenName(name);
    const { scopes, isServing, notices, normalizer } = this.runtime;
    const fields = normalizer.context(known, values);
    if (fields === undefined) throw InvalidContextException.create(known, showValue(values));
    if (isServing && scopes.isOutside()) {
      notices.once(
        'entered outside',
        () =>
          `enterContext(${quoted(known)}) was called outside of every scope, so its values go into the events of all ` +
          'users until it is left. Fix: tracker.context(values, body) for what belongs to one flow; enter what belongs to the process before the start.',
      );
    }
    scopes.current().enter(known, fields);
  }

  /**
   * Leaves the latest context with that name in the nearest open scope. Values that it hid are
   * visible again.
   * @throws UnknownContextException if that scope has no context with that name
   */
  exitContext(name: string): void {
    const scope = this.runtime.scopes.current();
    const known = givenName(name);
    if (!scope.exit(known)) throw UnknownContextException.create(known, scope.openNames());
  }

  /**
   * Returns the same function or stream, bound to the async context of the caller, regardless of
   * the code that calls or feeds it later.
   * Use it for callbacks that requests share: the callback of a connection, a listener of an
   * emitter, the `next` of a middleware. The whole async context is entered, including values that
   * other libraries keep there.
   * @throws TypeError if `target` is neither a function nor an Observable
   */
  bind<Bound extends ((...args: never[]) => unknown) | Observable<unknown>>(target: Bound): Bound {
    if (typeof target !== 'function' && !isStream(target))
      throw new TypeError(
        'tracker.bind was given neither a function nor an Observable. Fix: tracker.bind((value) => { ... })',
      );
    const flow = bindFlow();
    const bound = typeof target === 'function' ? boundFunction(target, flow) : boundStream(target, () => flow);
    return bound as Bound;
  }

  /**
   * Runs each listener that is added to an emitter from now on in the async context in which it was
   * added, instead of the context of the code that emits.
   * Removing a listener works as before. Call it once, where the emitter is created.
   * @returns the emitter itself
   * @throws TypeError if it is neither an EventEmitter nor an EventTarget
   */
  bindEmitter<Emitter extends object>(emitter: Emitter): Emitter {
    bindEmitter(emitter, bindFlow);
    return emitter;
  }

  /** Returns a copy of the context values that an event emitted here would carry. */
  currentContext(): EventFields {
    return copyNormalForm(this.runtime.scopes.view().values);
  }

  /** Resolves when every event emitted before is written, or cannot be written for now. */
  async flush(): Promise<void> {
    await this.runtime.flush();
  }

  /**
   * Returns the backend at a path.
   * @param path names from the root down, joined by `/`
   * @throws UnknownBackendException if there is none, with the existing paths
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as ModuleRef.get
  backend<Instance extends object>(path: string): Instance {
    const nodes = [...this.runtime.nodes()];
    const wanted = givenName(path);
    const found = nodes.find((node) => node.path === path);
    if (found === undefined)
      throw UnknownBackendException.create(
        this.name,
        wanted,
        nodes.map((node) => node.path),
        this.runtime.isOff,
      );
    return found.backend as Instance;
  }

  /**
   * Adds a backend at the root, last in order. Replaces an existing backend with the same name.
   * @throws TrackingConfigException if `instance` is not a backend; nothing has changed then
   */
  registerBackend(name: string, instance: Backend | Destination | EnvelopeBackend): void {
    registerBackend(this.runtime, name, instance);
  }

  /**
   * Adds a processor at the root, which runs last.
   * @throws TrackingConfigException if `processor` is not a processor; nothing has changed then
   */
  registerProcessor(processor: Processor | EventProcessor): void {
    registerProcessor(this.runtime, processor);
  }

  /**
   * Opens a scope for `context()`. Never throws an error itself, because the body must always run.
   */
  private inContext<Result>(givenAs: unknown, values: unknown, body: () => Result): Result {
    const name = givenName(givenAs);
    const { scopes, normalizer } = this.runtime;
    return scopes.run(name, normalizer.context(name, values) ?? this.without(name, values), body);
  }

  private without(name: string, values: unknown): EventFields {
    this.runtime.notices.aboutInput(
      'context',
      () => [name],
      () =>
        `context(${quoted(name)}) was given ${showValue(values)} instead of an object with keys; its body runs without it. ` +
        'Fix: tracker.context({ user_id: 11111 }, body)',
    );
    return {};
  }
}

/**
 * Returns the tracker whose scope was opened last in this flow; undefined outside every scope.
 * Use it in entities, subscribers and plain functions, which have no injection. In a request
 * without an opened scope, it returns the tracker whose module was imported first.
 */
export function currentTracker(): TrackerService | undefined {
  return currentScopesTracker() as TrackerService | undefined;
}

function isConfirmed(outcome: EventOutcome): boolean {
  return outcome === 'delivered' || outcome === 'stored' || outcome === 'filtered';
}
