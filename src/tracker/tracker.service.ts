import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { bindListeners, bindToFlow } from '../context/bind';
import { currentScopesTracker } from '../context/tracker-scopes';
import type { Destination } from '../delivery/destination';
import type { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import type { TrackingLedger } from '../ledger/tracking-ledger';
import { copyNormalForm } from '../event/form-copies';
import type { EventFields } from '../event/tracking-event';
import type { Backend, BuiltInBackend, EventProcessor, Processor } from '../routing/contracts';
import type { EventDefinition } from '../catalog/define-event';
import type { DataArgument, EventName, NamedDataArgument, UnregisteredName } from '../catalog/registered-events';
import type { TrackingCatalog } from '../catalog/tracking-catalog';
import type { TrackingViolations } from '../catalog/tracking-violations';
import { emitConfirmed, type ConfirmedEvent, type ConfirmOptions } from './confirmed-event';
import { enterContext, exitContext, runInContext } from './context-calls';
import { findBackend, registerBackend, registerProcessor } from './register';
import { runtimeOf, setRuntime } from './runtime-of';
import type { RuntimeOptions } from './runtime-options';
import type { TransactionOptions } from './transaction-options';
import { TrackerRuntime } from './tracker-runtime';

export type { ConfirmOptions, ConfirmedEvent } from './confirmed-event';

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
  /** Counters of this tracker: what became of every event. */
  readonly ledger: TrackingLedger;
  /** Dead letters of this tracker, to list, redrive or remove. */
  readonly deadLetters: TrackingDeadLetters;
  /** Violations of the catalog that were found in events; empty without a catalog. */
  readonly violations: TrackingViolations;
  /** Definitions of the catalog, and how often their events were emitted. Empty without one. */
  readonly catalog: TrackingCatalog;

  /** Built by TrackingModule: inject it. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(options: RuntimeOptions);
  constructor(options: RuntimeOptions) {
    const runtime = new TrackerRuntime(this, options);
    setRuntime(this, runtime);
    this.name = options.name;
    this.ledger = runtime.ledger;
    this.deadLetters = runtime.deadLetters;
    this.violations = runtime.gate.violations;
    this.catalog = runtime.gate.catalog;
  }

  /**
   * Sends an event with the context of the current scope to every backend.
   * Returns when each backend has accepted or refused it, without waiting for the network or the
   * disk. Never throws: errors are logged once and counted in `ledger`. Does nothing if tracking is
   * disabled.
   * @param event its definition, or its name; absent or '' becomes `unknown`
   * @param data data that matches the definition, or any object. It is normalized at once, so you
   * may change it afterwards.  @default {}
   */
  emit<Data extends object>(event: EventDefinition<string, Data>, ...data: DataArgument<Data>): void;
  emit<Name extends EventName>(name: Name, ...data: NamedDataArgument<Name>): void;
  /** Sends an event whose name is not registered; without a name it is called `unknown`. */
  emit(name?: UnregisteredName, data?: object): void;
  emit(name?: unknown, data?: object): void {
    const runtime = runtimeOf(this);
    try {
      runtime.emit(name, data);
    } catch {
      // The stack is full, so no method can be called: plain assignments only.
      const { counters, processing } = runtime.parts;
      counters.emitted++;
      counters.overflowed++;
      processing.hasOverflowed = true;
    }
  }

  /**
   * Sends an event like `emit`, and resolves when every backend has written, delivered or filtered
   * it. If tracking is disabled, resolves at once with the id '' and no destinations.
   * @param event its definition, or its name
   * @param rest data of the event, then options: a `signal` that ends the wait, and `timeoutMs`,
   * the maximum wait in milliseconds (10_000 by default)
   * @returns the id of the event and its outcome by backend path: `delivered`, `stored` (survives a
   * crash of the process) or `filtered`
   * @throws NotConfirmedException if a backend has not done so, or not in time, with the outcome of
   * each; or if the catalog rejected the event, with its violations. The event may still be
   * delivered later.
   */
  emitConfirmed<Data extends object>(
    event: EventDefinition<string, Data>,
    ...rest: [...data: DataArgument<Data>, options?: ConfirmOptions]
  ): Promise<ConfirmedEvent>;
  emitConfirmed<Name extends EventName>(
    name: Name,
    ...rest: [...data: NamedDataArgument<Name>, options?: ConfirmOptions]
  ): Promise<ConfirmedEvent>;
  emitConfirmed(event: unknown, data?: object, options?: ConfirmOptions): Promise<ConfirmedEvent> {
    return emitConfirmed(runtimeOf(this), event, data, options);
  }

  /**
   * Runs `body` in a scope whose events also carry `values`. Asynchronous work that `body` starts
   * stays in the scope. Throws only errors of `body`.
   * @param values object whose keys are added to the events; it is copied at once. Any other value
   * is logged, and `body` runs without it.
   * @returns the result of `body`
   */
  context<Result>(values: object, body: () => Result): Result;
  /**
   * Runs `body` in a scope with a named entry.
   * @param name name by which `exitContext` finds the entry, and which errors list
   * @param values object whose keys are added to the events; it is copied at once
   * @returns the result of `body`
   */
  context<Result>(name: string, values: object, body: () => Result): Result;
  context<Result>(first: object | string, second: object | (() => Result), third?: () => Result): Result {
    return third === undefined
      ? runInContext(runtimeOf(this), 'context', first, second as () => Result)
      : runInContext(runtimeOf(this), first, second, third);
  }

  /**
   * Runs `body`, and holds the events that are emitted in it, at any depth, until it has ended.
   * They are sent in order when `body` has resolved, and dropped as 'rolled-back' when it has
   * rejected. Inside another transaction, `body` is a savepoint: its events wait for the outer one.
   * Run the transaction of the database inside `body`, so that `body` resolves after the commit.
   * @returns the result of `body`
   * @throws errors of `body`. With `outbox` also NotStoredException, the error of its client, and
   *   TypeError if it is no client
   */
  transaction<Result>(body: () => Result | PromiseLike<Result>, options?: TransactionOptions): Promise<Result> {
    return runtimeOf(this).transaction(body, options);
  }

  /**
   * Runs `body` as if no transaction were open, so that its events are sent at once, whatever
   * becomes of the transaction. Use it for events about the attempt itself.
   * @returns the result of `body`
   */
  outsideTransaction<Result>(body: () => Result): Result {
    return runtimeOf(this).outsideTransaction(body);
  }

  /**
   * Adds values to the nearest open scope, until that scope ends or `exitContext` removes them.
   * Outside every scope the values apply to the whole process: right for a release or a region,
   * wrong for a user.
   * @param name name by which `exitContext` removes the values
   * @param values object whose keys are added to the events; it is copied at once
   * @throws InvalidContextException if `values` is not an object with keys; nothing is entered
   */
  enterContext(name: string, values: object): void {
    enterContext(runtimeOf(this), name, values);
  }

  /**
   * Leaves the latest context with that name in the nearest open scope. Values that it hid are
   * visible again.
   * @param name name that was given to `enterContext` or `context`
   * @throws UnknownContextException if that scope has no context with that name
   */
  exitContext(name: string): void {
    exitContext(runtimeOf(this), name);
  }

  /**
   * Returns the same function or stream, bound to the async context of the caller, regardless of
   * the code that calls or feeds it later.
   * Use it for callbacks that requests share: the callback of a connection, a listener of an
   * emitter, the `next` of a middleware. The whole async context is entered, including values that
   * other libraries keep there.
   * @returns a function or Observable of the same type
   * @throws TypeError if `target` is neither a function nor an Observable
   */
  bind<Bound extends ((...args: never[]) => unknown) | Observable<unknown>>(target: Bound): Bound {
    return bindToFlow(target);
  }

  /**
   * Runs each listener that is added to an emitter from now on in the async context in which it was
   * added, instead of the context of the code that emits.
   * Removing a listener works as before. Call it once, where the emitter is created.
   * @param emitter an EventEmitter or EventTarget, which is changed
   * @returns the emitter itself
   * @throws TypeError if it is neither an EventEmitter nor an EventTarget
   */
  bindEmitter<Emitter extends object>(emitter: Emitter): Emitter {
    bindListeners(emitter);
    return emitter;
  }

  /** Returns a copy of the context values that an event emitted here would carry. */
  currentContext(): EventFields {
    return copyNormalForm(runtimeOf(this).parts.scopes.view().values);
  }

  /**
   * Resolves when every event emitted before is delivered or written, or cannot be for now, for
   * example because a destination is down. Never rejects.
   */
  async flush(): Promise<void> {
    await runtimeOf(this).tree.flush();
  }

  /**
   * Returns the backend at a path: the instance that Nest built or that was registered. The tree
   * exists from the start of the application on.
   * @param path names from the root down, joined by `/`, for example `caliper/mongo`
   * @throws UnknownBackendException if there is none, with the existing paths
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as ModuleRef.get
  backend<Instance extends object>(path: string): Instance {
    return findBackend(runtimeOf(this), path) as Instance;
  }

  /**
   * Adds a backend at the root, last in order. Replaces an existing backend with the same name,
   * which still delivers the events it holds.
   * @param name path of the backend: letters, digits, `_`, `-` and `.`
   * @throws TrackingConfigException if `instance` is not a backend; nothing has changed then
   */
  registerBackend(name: string, instance: Backend | Destination | BuiltInBackend): void {
    registerBackend(runtimeOf(this), name, instance);
  }

  /**
   * Adds a processor at the root, which runs after the others there.
   * @param processor a synchronous function, or an object with a synchronous `process`
   * @throws TrackingConfigException if `processor` is not a processor; nothing has changed then
   */
  registerProcessor(processor: Processor | EventProcessor): void {
    registerProcessor(runtimeOf(this), processor);
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
