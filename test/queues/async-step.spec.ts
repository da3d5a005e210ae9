import type { TrackingEvent } from '../../src/event/tracking-event';
import { AsyncStep, runWaitingSteps } from '../../src/queues/async-step';
import type { AsyncProcessor, ProcessorResult } from '../../src/routing/contracts';
import { Buried } from '../../src/routing/processor-step';
import type { Envelope } from '../../src/event/envelope';
import type { StepSettings } from '../../src/routing/tree-plan';
import { envelopeOf, treeParts, type TreeParts } from '../routing/tree-parts';

type Process = (event: TrackingEvent, signal: AbortSignal) => Promise<ProcessorResult>;

let parts: TreeParts;
let failures: string[];

beforeEach(() => {
  jest.useFakeTimers();
  parts = treeParts();
  failures = [];
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function stepOf(processAsync: Process, settings: Partial<StepSettings> = {}): AsyncStep {
  const { notices, processing } = parts;
  const ledger = { fail: (place: string) => void failures.push(place) };
  const processor: AsyncProcessor = { processAsync };
  return new AsyncStep(
    processor,
    { onError: 'skip', timeoutMs: 1000, concurrency: 10, ...settings },
    { place: 'here', ledger, notices, processing },
  );
}

const NEVER = new AbortController().signal;

/** Process that ends when `end` is called, once for each event. */
function heldProcess(): { readonly process: Process; readonly started: string[]; end(): void } {
  const ends: (() => void)[] = [];
  const started: string[] = [];
  const process: Process = ({ name }) => {
    started.push(name);
    return new Promise((resolve) =>
      ends.push(() => {
        resolve(undefined);
      }),
    );
  };
  return { process, started, end: () => ends.shift()?.() };
}

describe('AsyncStep', () => {
  it('returns the event with the changes that the processor made to its copy', async () => {
    const envelope = envelopeOf('e', { a: 1 });
    const step = stepOf((event) => {
      event.data['b'] = 2;
      return Promise.resolve();
    });
    const result = (await step.runAsync(envelope, NEVER)) as Envelope;
    expect(result.event.data).toEqual({ a: 1, b: 2 });
    expect(envelope.event.data).toEqual({ a: 1 });
  });

  it('keeps its result from changes that the processor makes later', async () => {
    let kept: TrackingEvent | undefined;
    const result = (await stepOf((event) => Promise.resolve((kept = event))).runAsync(
      envelopeOf('e', { a: 1 }),
      NEVER,
    )) as Envelope;
    kept!.data['a'] = 2;
    expect(result.event.data).toEqual({ a: 1 });
  });

  it('drops an event for which the processor returns null', async () => {
    await expect(stepOf(async () => Promise.resolve(null)).runAsync(envelopeOf('e'), NEVER)).resolves.toBe('filtered');
  });

  it('skips a processor that fails, counts it, and logs it once', async () => {
    const envelope = envelopeOf('e');
    const step = stepOf(() => Promise.reject(new Error('no network')));
    await expect(step.runAsync(envelope, NEVER)).resolves.toBe(envelope);
    await step.runAsync(envelopeOf('e'), NEVER);
    expect(failures).toEqual(['here', 'here']);
    expect(parts.warnings).toEqual([expect.stringContaining('here failed: Error: no network.')]);
  });

  it('drops or keeps as a dead letter an event whose processor fails, if it was told to', async () => {
    const fails: Process = () => {
      throw new Error('no network');
    };
    await expect(stepOf(fails, { onError: 'drop' }).runAsync(envelopeOf('e'), NEVER)).resolves.toBe('processor-failed');
    await expect(stepOf(fails, { onError: 'dead-letter' }).runAsync(envelopeOf('e'), NEVER)).resolves.toEqual(
      new Buried('processor-failed: here: Error: no network'),
    );
  });

  it('counts a processor that takes too long as failed, aborts its signal, and ignores its end', async () => {
    let signal: AbortSignal | undefined;
    let reject = (_error: Error): void => undefined;
    const envelope = envelopeOf('e');
    const running = stepOf((_event, given) => {
      signal = given;
      return new Promise((_resolve, fail) => (reject = fail));
    }).runAsync(envelope, NEVER);
    await jest.advanceTimersByTimeAsync(999);
    expect(signal?.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await expect(running).resolves.toBe(envelope);
    expect(signal?.aborted).toBe(true);
    expect(parts.warnings).toEqual([expect.stringContaining('no result within 1000 ms')]);
    reject(new Error('late')); // an unhandled rejection would fail the test
    await jest.advanceTimersByTimeAsync(0);
  });

  it('returns the event unchanged at shutdown, and does not count that as a failure', async () => {
    const ending = new AbortController();
    const envelope = envelopeOf('e');
    const running = stepOf(heldProcess().process, { onError: 'drop' }).runAsync(envelope, ending.signal);
    ending.abort(new Error('closing'));
    await expect(running).resolves.toBe(envelope);
    expect(failures).toEqual([]);
  });

  it('aborts the signal of a processor that starts during the shutdown', async () => {
    const isAborted: boolean[] = [];
    const step = stepOf((_event, signal) => {
      isAborted.push(signal.aborted);
      return Promise.resolve();
    });
    await step.runAsync(envelopeOf('e'), AbortSignal.abort(new Error('closing')));
    expect(isAborted).toEqual([true]);
  });

  it('calls the processor for as many events at once as it may, and for the next one when one has ended', async () => {
    const held = heldProcess();
    const step = stepOf(held.process, { concurrency: 2 });
    const runs = ['a', 'b', 'c', 'd'].map((name) => step.runAsync(envelopeOf(name), NEVER));
    await jest.advanceTimersByTimeAsync(0);
    expect(held.started).toEqual(['a', 'b']);
    held.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(held.started).toEqual(['a', 'b', 'c']);
    for (let left = 3; left > 0; left--) {
      held.end();
      await jest.advanceTimersByTimeAsync(0);
    }
    await Promise.all(runs);
    expect(held.started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('derives the ids of events that the processor emits, also after a wait, from the event it has', async () => {
    const parents: (string | undefined)[] = [];
    const step = stepOf(async () => {
      await Promise.resolve();
      parents.push(parts.processing.origin('other')?.parentId);
    });
    await step.runAsync(envelopeOf('e', {}, 'first'), NEVER);
    expect(parents).toEqual(['first']);
  });
});

describe('runWaitingSteps', () => {
  const upper = { place: 'upper', run: (envelope: Envelope) => envelope.renamed(envelope.name.toUpperCase()) };
  const named = stepOfName;

  it('runs steps that wait and steps that do not, in order', async () => {
    const result = await runWaitingSteps([named('b'), upper, named('c')], envelopeOf('a'), NEVER);
    expect((result as Envelope).name).toBe('ABc');
  });

  it('stops at the first step that does not return the event', async () => {
    const later = jest.fn((envelope: Envelope) => envelope);
    await expect(
      runWaitingSteps(
        [
          { place: 'step', run: () => 'filtered' },
          { place: 'step', run: later },
        ],
        envelopeOf('a'),
        NEVER,
      ),
    ).resolves.toBe('filtered');
    const buried = new Buried('why');
    await expect(
      runWaitingSteps(
        [
          { place: 'step', run: () => buried },
          { place: 'step', run: later },
        ],
        envelopeOf('a'),
        NEVER,
      ),
    ).resolves.toBe(buried);
    expect(later).not.toHaveBeenCalled();
  });

  it('has no result if shutdown came before the end', async () => {
    const ending = new AbortController();
    const running = runWaitingSteps([stepOf(heldProcess().process), upper], envelopeOf('a'), ending.signal);
    ending.abort(new Error('closing'));
    await expect(running).resolves.toBeUndefined();
  });
});

/** Step that waits, and adds `letter` to the name of the event. */
function stepOfName(letter: string): AsyncStep {
  return stepOf((event) => Promise.resolve({ ...event, name: event.name + letter }));
}
