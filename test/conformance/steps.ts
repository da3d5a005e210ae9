/**
 * Runs the steps of a case against the public surface of one tracker. A step that fails is noted by
 * its index and the next one runs, as the format asks; what makes the case itself impossible
 * (MalformedCase) is never taken for such a failure.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { TrackerService } from 'nestjs-event-tracking';
import { legalNames } from './names';
import { setAt } from './paths';
import { makeBackend, makeProcessor, type Recording } from './tree';
import { toDate, toValue } from './values';
import { MalformedCase, allSteps, type VectorStep } from './vectors';

/** The clock that a case winds: `at` is the time of the emit that is running. */
export class CaseClock {
  at = new Date(0);
  readonly read = (): Date => this.at;
}

class BodyError extends Error {
  override readonly name = 'BodyError';
}

type Flow = (body: () => void) => void;

export class StepRunner {
  /** Indexes of the steps that failed, dotted for nested ones, each with what it failed with. */
  readonly errors = new Map<string, unknown>();
  readonly failedEmits: string[] = [];
  private readonly references = new Map<string, unknown>();
  private flows: Flow[] = [];

  constructor(
    private readonly tracker: TrackerService,
    private readonly clock: CaseClock,
    private readonly recording: Recording,
    private readonly backendNames: readonly string[],
    private readonly scope: 'shared' | 'per_thread',
  ) {}

  run(steps: readonly VectorStep[]): void {
    // Taken before anything is entered, and one for each thread: on Node 20 a snapshot remembers a
    // scope that was opened in it.
    this.flows = allSteps(steps).flatMap(({ op }) => (op === 'thread' ? [AsyncLocalStorage.snapshot()] : []));
    this.inThread(undefined, steps);
  }

  /**
   * A thread of its own is an async flow of its own, with a scope at its bottom for what is entered
   * in it.
   */
  private inThread(flow: Flow = (body) => body(), steps: readonly VectorStep[], prefix = ''): void {
    const body = (): void => {
      this.runAll(steps, prefix);
    };
    if (this.scope === 'shared') body();
    else flow(() => this.tracker.context({}, body));
  }

  private runAll(steps: readonly VectorStep[], prefix: string): void {
    steps.forEach((step, at) => {
      const index = `${prefix}${at}`;
      try {
        this.runStep(step, index);
      } catch (error) {
        if (error instanceof MalformedCase) throw error;
        this.errors.set(index, error);
        if (step.op === 'emit') this.failedEmits.push(index);
      }
    });
  }

  private runStep(step: VectorStep, index: string): void {
    const { tracker } = this;
    const nested = step.steps ?? [];
    switch (step.op) {
      case 'enter':
        tracker.enterContext(step.name as string, this.valueOf(step, step.context) as object);
        return;
      case 'exit':
        tracker.exitContext(step.name as string);
        return;
      case 'scope':
        tracker.context(step.name as string, this.valueOf(step, step.context) as object, () => {
          this.runAll(nested, `${index}.`);
          if (step.then_raise) throw new BodyError('asked for by the vector');
        });
        return;
      case 'emit':
        if (step.at !== undefined) this.clock.at = toDate(step.at);
        tracker.emit(toValue(step.name) as string | undefined, this.valueOf(step, step.data) as object | undefined);
        return;
      case 'mutate':
        setAt(this.referred(step.ref), step.path ?? [], toValue(step.value));
        return;
      case 'thread':
        this.inThread(this.flows.pop(), nested, `${index}.`);
        return;
      case 'bus_deliver': // what did not come from the bus is none of the consumer's
        if (step.from_bus !== false) void this.recording.bus.deliver(step.tracking_log ?? {});
        return;
      case 'run_queue': // the last step: what is queued is worked off after it
        return;
      case 'register_backend':
        this.registerBackend(step);
        return;
      case 'register_processor':
        if (step.processor) tracker.registerProcessor(makeProcessor(step.processor));
        return;
      default:
        throw new MalformedCase(`the operation ${step.op} is not known`);
    }
  }

  private registerBackend({ name, suffix = '', backend }: VectorStep): void {
    if (typeof name !== 'string' || !backend) throw new MalformedCase('register_backend without a name or a backend');
    const path = legalNames(this.backendNames).get(name) ?? name;
    const instance = makeBackend(backend, this.recording, `${name}${suffix}`);
    this.tracker.registerBackend(path, instance);
  }

  private valueOf({ ref }: VectorStep, vector: unknown): unknown {
    const value = toValue(vector);
    if (ref !== undefined) this.references.set(ref, value);
    return value;
  }

  private referred(ref = ''): unknown {
    if (!this.references.has(ref)) throw new MalformedCase(`nothing is labelled ${JSON.stringify(ref)}`);
    return this.references.get(ref);
  }
}
