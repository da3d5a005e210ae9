import { once, EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { defer, lastValueFrom, from } from 'rxjs';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  UnknownContextException,
  type EventFields,
  type TrackerService,
} from 'nestjs-event-tracking';
import { startTracker } from './start-tracker';

type Step =
  | { readonly kind: 'enter'; readonly name: string; readonly values: EventFields }
  | { readonly kind: 'exit'; readonly name: string }
  | { readonly kind: 'emit' }
  | { readonly kind: 'await'; readonly how: 'microtask' | 'turn' | 'emitter' }
  | { readonly kind: 'branches'; readonly branches: readonly (readonly Step[])[] }
  | {
      readonly kind: 'scope';
      readonly how: 'sync' | 'promise' | 'observable' | 'generator' | 'detached';
      readonly name: string;
      readonly values: EventFields;
      readonly steps: readonly Step[];
      readonly fails: boolean;
    };

const key = fc.constantFrom('a', 'b', 'c', 'user_id', '__proto__', 'toString');
const values = fc
  .array(fc.tuple(key, fc.oneof(fc.nat(9), fc.constant(null), fc.record({ deep: fc.nat(9) }))), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries) as EventFields);
const name = fc.constantFrom('request', 'course', 'job');

const { steps } = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 6 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('emit' as const) }),
    fc.record({ kind: fc.constant('enter' as const), name, values }),
    fc.record({ kind: fc.constant('exit' as const), name }),
    fc.record({
      kind: fc.constant('await' as const),
      how: fc.constantFrom('microtask' as const, 'turn' as const, 'emitter' as const),
    }),
    fc.record({ kind: fc.constant('branches' as const), branches: fc.array(tie('steps'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('scope' as const),
      how: fc.constantFrom(
        'sync' as const,
        'promise' as const,
        'observable' as const,
        'generator' as const,
        'detached' as const,
      ),
      name,
      values,
      steps: tie('steps'),
      fails: fc.boolean(),
    }),
  ),
}));

/**
 * What a scope is, in as few words as can be; every step is told which one it runs in, so nothing
 * depends on the flow.
 */
class ModelScope {
  readonly entries: { readonly name: string; readonly values: EventFields }[] = [];

  constructor(readonly parent?: ModelScope) {}

  merged(): [string, unknown][] {
    const all = new Map<string, unknown>(this.parent?.merged());
    for (const entry of this.entries) for (const [key, value] of Object.entries(entry.values)) all.set(key, value);
    return [...all];
  }
}

class Failure extends Error {}

/** Runs the steps against the tracker, and beside each of them the model. */
class Run {
  readonly expected: [string, unknown][][] = [];
  private readonly detached: Promise<void>[] = [];

  constructor(private readonly tracker: TrackerService) {}

  async all(steps: readonly Step[], base: ModelScope): Promise<void> {
    await this.steps(steps, base);
    while (this.detached.length > 0) await this.detached.shift();
    // The base scope is the process's, and the next run begins with an empty one.
    for (const { name } of base.entries.splice(0)) this.tracker.exitContext(name);
  }

  private async steps(steps: readonly Step[], scope: ModelScope): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'await') await this.wait(step.how);
      else if (step.kind === 'branches') await Promise.all(step.branches.map((branch) => this.steps(branch, scope)));
      else if (step.kind === 'scope') await this.scope(step, scope);
      else this.now(step, scope);
    }
  }

  private now(step: Step, scope: ModelScope): void {
    if (step.kind === 'emit') {
      this.expected.push(scope.merged());
      this.tracker.emit('e');
    } else if (step.kind === 'enter') {
      this.tracker.enterContext(step.name, step.values);
      scope.entries.push(step);
    } else if (step.kind === 'exit') {
      const at = scope.entries.findLastIndex((entry) => entry.name === step.name);
      if (at < 0) expect(() => this.tracker.exitContext(step.name)).toThrow(UnknownContextException);
      else {
        this.tracker.exitContext(step.name);
        scope.entries.splice(at, 1);
      }
    }
  }

  private async scope(step: Extract<Step, { kind: 'scope' }>, parent: ModelScope): Promise<void> {
    const scope = new ModelScope(parent);
    scope.entries.push(step);
    const enter = <Result>(body: () => Result): Result => this.tracker.context(step.name, step.values, body);
    const body = async (): Promise<void> => {
      await this.steps(step.steps, scope);
      if (step.fails) throw new Failure();
    };
    const ended = this.enter(step.how, enter, body, step, scope).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
    if (step.how === 'detached') this.detached.push(ended);
    else await ended;
  }

  private async enter(
    how: Extract<Step, { kind: 'scope' }>['how'],
    enter: <Result>(body: () => Result) => Result,
    body: () => Promise<void>,
    step: Extract<Step, { kind: 'scope' }>,
    scope: ModelScope,
  ): Promise<void> {
    switch (how) {
      case 'sync':
        enter(() => {
          for (const inner of step.steps) this.now(inner, scope);
          if (step.fails) throw new Failure();
        });
        return;
      case 'promise':
      case 'detached':
        await enter(body);
        return;
      case 'observable':
        await lastValueFrom(
          enter(() => defer(() => from(body()))),
          { defaultValue: undefined },
        );
        return;
      case 'generator': {
        const runStep = (inner: Step): Promise<void> => this.steps([inner], scope);
        const each = enter(async function* () {
          for (const inner of step.steps) {
            await runStep(inner);
            yield;
          }
          if (step.fails) throw new Failure();
        });
        while ((await each.next()).done !== true) await Promise.resolve();
      }
    }
  }

  private async wait(how: 'microtask' | 'turn' | 'emitter'): Promise<void> {
    if (how === 'microtask') await Promise.resolve();
    else if (how === 'turn') await turn();
    else {
      const emitter = new EventEmitter();
      setImmediate(() => emitter.emit('go'));
      await once(emitter, 'go');
    }
  }
}

describe('Scopes', () => {
  it('give each event what a simple model says, in any sequence of entering, leaving, waiting and branching', async () => {
    const lines: string[] = [];
    const logger = { log: (line: string) => lines.push(line), error: () => undefined, warn: () => undefined };
    const { tracker, contexts, clear } = await startTracker({
      backends: { sink: backend(MemoryBackend, { maxEvents: 10_000 }), lines: backend(LoggerBackend, { logger }) },
    });
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const run = new Run(tracker);
        await run.all(sequence, new ModelScope());
        const seen = contexts();
        clear();
        checked += seen.length;
        expect(seen.map((context) => Object.entries(context))).toEqual(run.expected);
        // The log's text is made by another way than the merged values are.
        const texts = run.expected.map((entries) => `"context":${JSON.stringify(Object.fromEntries(entries))},"data":`);
        expect(lines.splice(0)).toEqual(texts.map((text) => expect.stringContaining(text)));
      }),
      { numRuns: 300 },
    );
    expect(checked).toBeGreaterThan(100); // the sequences did something
  }, 120_000);
});
