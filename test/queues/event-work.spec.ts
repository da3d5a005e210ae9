import type { IdentifiedEvent } from '../../src/event/tracking-event';
import { WorkLedger } from '../../src/ledger/work-ledger';
import { EventWork, type WorkParts } from '../../src/queues/event-work';
import { Buried, type ProcessorStep } from '../../src/routing/processor-step';
import { treeParts, type TreeParts } from '../routing/tree-parts';
import { FullSink, HeldStep, RecordingChildren, Run, workItem } from './work-parts';

let parts: TreeParts;
let children: RecordingChildren;
let letters: { readonly event: IdentifiedEvent; readonly reason: string }[];

beforeEach(() => {
  parts = treeParts();
  children = new RecordingChildren();
  letters = [];
});

function workOf(...steps: WorkParts['steps']): EventWork {
  const { scopes, normalizer } = parts;
  const work = new EventWork({
    ...{ steps, scopes, normalizer, ledger: new WorkLedger() },
    keepLetter: (event, reason) => void letters.push({ event, reason }),
  });
  work.attach(children);
  return work;
}

const later = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const drop: ProcessorStep = { place: 'step', run: () => 'filtered' };
const upper: ProcessorStep = { place: 'step', run: (envelope) => envelope.renamed(envelope.name.toUpperCase()) };

describe('EventWork', () => {
  it('runs the processors on each event, and passes the events to the children in order', async () => {
    const work = workOf(upper);
    const run = new Run(work, ['a', 'b', 'c']);
    await run.end;
    expect(children.names).toEqual(['A', 'B', 'C']);
    expect(run.done).toEqual([0, 1, 2]);
    expect(work.counts()).toMatchObject({ received: 3, settled: 3, pending: 0 });
  });

  it('does not run the processors again on events that were processed where they were emitted', async () => {
    await new Run(workOf(upper), ['a'], { isProcessed: true }).end;
    expect(children.names).toEqual(['a']);
    const held = new HeldStep(parts);
    await new Run(workOf(held), ['b'], { isProcessed: true }).end;
    expect(held.started).toEqual([]);
  });

  it('counts a dropped event by its reason, and reports it as done', async () => {
    const work = workOf(drop);
    const run = new Run(work, ['a'], { isRetained: true });
    await run.end;
    expect(children.names).toEqual([]);
    expect(run.done).toEqual([0]);
    expect(work.counts()).toMatchObject({ received: 1, settled: 0, dropped: { filtered: 1 }, pending: 0 });
  });

  it('keeps an event as a dead letter whose processor failed for good, as it was read', async () => {
    const work = workOf(upper, { place: 'step', run: () => new Buried('why') });
    const run = new Run(work, ['a'], { isRetained: true });
    await run.end;
    expect(letters).toEqual([{ event: expect.objectContaining({ name: 'a' }), reason: 'why' }]);
    expect(run.done).toEqual([0]);
    expect(work.counts()).toMatchObject({ deadLettered: 1, pending: 0 });
  });

  it('processes an event in the context that it carries', async () => {
    const seen: unknown[] = [];
    const work = workOf({ place: 'step', run: (envelope) => (seen.push(parts.scopes.view().get('user')), envelope) });
    const read = work.envelope({ name: 'a', timestamp: new Date(0), id: '1', context: { user: 'x' }, data: {} }, {});
    await work.run([workItem(read)], () => undefined);
    expect(seen).toEqual(['x']);
    expect(parts.scopes.view().get('user')).toBeUndefined();
  });

  it('does not listen for the outcome of an event that the queue does not retain', async () => {
    children.later = 1;
    const run = new Run(workOf(), ['a']);
    await run.end;
    expect(run.done).toEqual([0]);
  });

  describe('with an event that the queue retains', () => {
    it('reports it as done only when every child has an outcome', async () => {
      children.later = 2;
      const work = workOf();
      const run = new Run(work, ['a'], { isRetained: true });
      await later();
      children.report('delivered');
      await later();
      expect(run.done).toEqual([]);
      expect(work.counts()).toMatchObject({ received: 1, pending: 1 });
      children.report('stored');
      await run.end;
      expect(run.done).toEqual([0]);
      expect(work.counts()).toMatchObject({ settled: 1, pending: 0 });
    });

    it('is not done early if the first child reports at once and another one later', async () => {
      children.atOnce = ['delivered'];
      children.later = 1;
      const run = new Run(workOf(), ['a'], { isRetained: true });
      await later();
      expect(run.done).toEqual([]);
      children.report('delivered');
      await run.end;
      expect(run.done).toEqual([0]);
    });

    it.each(['returned', 'pending'] as const)('leaves it to the queue if a child reports it as %s', async (outcome) => {
      children.later = 2;
      const work = workOf();
      const run = new Run(work, ['a', 'b'], { isRetained: true });
      await later();
      children.report(outcome);
      for (let left = 3; left > 0; left--) children.report('delivered');
      await run.end;
      expect(run.done).toEqual([1]);
      expect(work.counts()).toMatchObject({ settled: 1, returned: 1, pending: 0 });
    });

    it('leaves it to the queue if a child is closed', async () => {
      children.drops = 'closed';
      const run = new Run(workOf(), ['a'], { isRetained: true });
      await run.end;
      expect(run.done).toEqual([]);
    });

    it('is done with it if a child drops it for another reason', async () => {
      children.drops = 'too-large';
      const run = new Run(workOf(), ['a'], { isRetained: true });
      await run.end;
      expect(run.done).toEqual([0]);
    });
  });

  describe('with processors that wait', () => {
    it('runs them concurrently, and still passes the events on in order', async () => {
      const held = new HeldStep(parts);
      const run = new Run(workOf(held, upper), ['a', 'b']);
      await later();
      expect(held.started).toEqual(['a', 'b']);
      held.go('b');
      await later();
      expect(children.names).toEqual([]);
      held.go('a');
      await run.end;
      expect(children.names).toEqual(['A', 'B']);
    });

    it('lets later calls pass unless they are ordered', async () => {
      const held = new HeldStep(parts);
      const work = workOf(held);
      const first = new Run(work, ['a'], { isInOrder: true });
      const second = new Run(work, ['b'], { isInOrder: true });
      const third = new Run(work, ['c']);
      await later();
      held.go('c');
      await third.end;
      expect(children.names).toEqual(['c']);
      held.go('a');
      await first.end;
      await later();
      held.go('b');
      await second.end;
      expect(children.names).toEqual(['c', 'a', 'b']);
    });

    it('keeps the order of ordered calls when the second one is ready first', async () => {
      const held = new HeldStep(parts);
      const work = workOf(held);
      const first = new Run(work, ['a'], { isInOrder: true });
      const second = new Run(work, ['b'], { isInOrder: true, isProcessed: true });
      await later();
      expect(children.names).toEqual([]);
      held.go('a');
      await Promise.all([first.end, second.end]);
      expect(children.names).toEqual(['a', 'b']);
    });
  });

  describe('while a child has no capacity', () => {
    it('waits, and is at rest meanwhile', async () => {
      const full = new FullSink();
      children.sinks.push(full);
      const work = workOf();
      const run = new Run(work, ['a']);
      await work.whenAtRest();
      expect(children.names).toEqual([]);
      full.open();
      await run.end;
      expect(children.names).toEqual(['a']);
    });

    it('asks again after the wait, since other events may have used the capacity', async () => {
      const full = new FullSink();
      children.sinks.push(full);
      const run = new Run(workOf(), ['a']);
      await later();
      full.open(false);
      await later();
      expect(children.names).toEqual([]);
      full.open();
      await run.end;
      expect(children.names).toEqual(['a']);
    });

    it('ends when it is stopped, and reports no event as done', async () => {
      children.sinks.push(new FullSink());
      const work = workOf(upper);
      const run = new Run(work, ['a', 'b']);
      await later();
      work.stop();
      await run.end;
      expect(children.names).toEqual([]);
      expect(run.done).toEqual([]);
      expect(work.counts()).toMatchObject({ received: 2, returned: 2, pending: 0 });
    });
  });

  describe('when it is stopped', () => {
    it('interrupts processors that wait, and gives their events back', async () => {
      const held = new HeldStep(parts);
      const work = workOf(held);
      const run = new Run(work, ['a']);
      await later();
      work.stop();
      await run.end;
      expect(held.signals[0]?.aborted).toBe(true);
      expect(run.done).toEqual([]);
      expect(children.names).toEqual([]);
      expect(work.isStopped).toBe(true);
    });

    it('gives back an event that was processed, but waited for an earlier one', async () => {
      const held = new HeldStep(parts);
      const work = workOf(held);
      const run = new Run(work, ['a', 'b']);
      await later();
      held.go('b');
      await later();
      work.stop();
      await run.end;
      expect(children.names).toEqual([]);
      expect(work.counts()).toMatchObject({ returned: 2, pending: 0 });
    });

    it('passes on no more events of a call that has begun', async () => {
      const work = workOf();
      children.onReceive = () => {
        work.stop();
      };
      const run = new Run(work, ['a', 'b']);
      await run.end;
      expect(children.names).toEqual(['a']);
      expect(run.done).toEqual([0]);
    });

    it('gives back at once what it is given later, without running a processor', async () => {
      const ran = jest.fn((envelope) => envelope as never);
      const work = workOf({ place: 'step', run: ran });
      work.stop();
      const run = new Run(work, ['a']);
      await run.end;
      expect(ran).not.toHaveBeenCalled();
      expect(work.counts()).toMatchObject({ received: 1, returned: 1 });
    });
  });

  it('is at rest when the events are with the children, before their outcome is known', async () => {
    children.later = 1;
    const work = workOf();
    const run = new Run(work, ['a'], { isRetained: true });
    await work.whenAtRest();
    expect(children.names).toEqual(['a']);
    expect(run.isOver).toBe(false);
    children.report('delivered');
    await run.end;
  });

  it('lets other callbacks of the event loop run during a long batch', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      if (!run.isOver) setImmediate(count);
    };
    children.onReceive = () => {
      const end = performance.now() + 0.5;
      while (performance.now() < end);
    };
    const names = Array.from({ length: 20 }, (_, at) => String(at));
    const run = new Run(workOf(), names);
    setImmediate(count);
    await run.end;
    expect(children.names).toEqual(names);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});
