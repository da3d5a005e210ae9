import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { TrackerService } from '../../src/entries';
import { CollectingBackend, expectBalance, startTracking } from '../support/start-tracking';

/** One step of a flow: an emit, a turn of the event loop, a transaction, or flows side by side. */
type Step =
  | { readonly kind: 'emit' | 'outside' | 'wait' }
  | { readonly kind: 'transaction'; readonly independent: boolean; readonly fails: boolean; readonly steps: Step[] }
  | { readonly kind: 'parallel'; readonly flows: Step[][] };

const { step: steps } = fc.letrec<{ step: Step[]; one: Step }>((tie) => ({
  one: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Step>({ kind: 'emit' }, { kind: 'emit' }, { kind: 'outside' }, { kind: 'wait' }),
    fc.record({
      kind: fc.constant('transaction' as const),
      independent: fc.nat(4).map((chance) => chance === 0),
      fails: fc.boolean(),
      steps: tie('step'),
    }),
    fc.record({ kind: fc.constant('parallel' as const), flows: fc.array(tie('step'), { minLength: 2, maxLength: 3 }) }),
  ),
  step: fc.array(tie('one'), { maxLength: 5 }),
}));

/** The model of a transaction: the names it holds, with their places in the order of emits. */
interface Held {
  readonly outer: Held | undefined;
  names: number[];
}

/** Runs the steps against the tracker and, with the same interleaving, against the model. */
class Run {
  /** Names in the order in which the model expects them. */
  readonly sent: number[] = [];
  rolledBack = 0;
  emitted = 0;

  constructor(private readonly tracker: TrackerService) {}

  async flow(flow: readonly Step[], held: Held | undefined): Promise<void> {
    for (const step of flow) await this.step(step, held);
  }

  private async step(step: Step, held: Held | undefined): Promise<void> {
    const { tracker } = this;
    switch (step.kind) {
      case 'wait':
        await nextTurn();
        return;
      case 'emit':
        (held?.names ?? this.sent).push(this.emitted);
        tracker.emit(String(this.emitted++));
        return;
      case 'outside':
        this.sent.push(this.emitted);
        tracker.outsideTransaction(() => tracker.emit(String(this.emitted++)));
        return;
      case 'parallel':
        await Promise.all(step.flows.map((flow) => this.flow(flow, held)));
        return;
      case 'transaction':
        await this.transaction(step, held);
    }
  }

  private async transaction(
    { independent, fails, steps: body }: Extract<Step, { kind: 'transaction' }>,
    around: Held | undefined,
  ): Promise<void> {
    const held: Held = { outer: independent ? undefined : around, names: [] };
    const run = async (): Promise<void> => {
      await this.flow(body, held);
      if (fails) throw new Error('rolled back');
    };
    await this.tracker.transaction(run, { independent }).catch(() => undefined);
    if (fails) this.rolledBack += held.names.length;
    else if (held.outer !== undefined) held.outer.names.push(...held.names);
    else this.sent.push(...held.names.sort((one, other) => one - other));
  }
}

describe('Transactions, savepoints, errors and emits in any interleaving', () => {
  it('send the events of what has committed, each once, and drop the others, all counted', async () => {
    const { tracker, ledger } = await startTracking();
    const sink = new CollectingBackend();
    tracker.registerBackend('collecting', sink);
    await fc.assert(
      fc.asyncProperty(steps, async (flow) => {
        sink.received.length = 0;
        const { emitted, dropped } = ledger.tracker();
        const run = new Run(tracker);
        await run.flow(flow, undefined);
        expect(sink.names.map(Number).sort(byNumber)).toEqual([...run.sent].sort(byNumber));
        const after = ledger.tracker();
        expect(after).toMatchObject({ emitted: emitted + run.emitted, held: 0 });
        expect((after.dropped['rolled-back'] ?? 0) - (dropped['rolled-back'] ?? 0)).toBe(run.rolledBack);
        expectBalance(ledger);
      }),
      { numRuns: 100 },
    );
  });

  it('send the events of one transaction in the order of their emits', async () => {
    const { tracker } = await startTracking();
    const sink = new CollectingBackend();
    tracker.registerBackend('collecting', sink);
    await fc.assert(
      fc.asyncProperty(steps, async (flow) => {
        sink.received.length = 0;
        const run = new Run(tracker);
        await tracker.transaction(() => run.flow(withoutExits(flow), { outer: undefined, names: [] }));
        const numbers = sink.names.map(Number);
        expect(numbers).toEqual([...numbers].sort(byNumber));
        expect(numbers).toHaveLength(run.emitted - run.rolledBack);
      }),
      { numRuns: 50 },
    );
  });
});

const byNumber = (one: number, other: number): number => one - other;

/** The same steps without events that leave the outermost transaction early. */
function withoutExits(flow: readonly Step[]): Step[] {
  return flow.map((step) => {
    if (step.kind === 'outside') return { kind: 'emit' };
    if (step.kind === 'parallel') return { ...step, flows: step.flows.map(withoutExits) };
    return step.kind === 'transaction' ? { ...step, independent: false, steps: withoutExits(step.steps) } : step;
  });
}
