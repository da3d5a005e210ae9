import type { TrackingEvent } from '../../src/event/tracking-event';
import { Envelope } from '../../src/event/envelope';
import { HandlerCalls, type EventHandler, type HandlerOutcome } from '../../src/intake/handler-calls';
import { envelopeOf, normalizer, treeParts, type TreeParts } from '../routing/tree-parts';

let parts: TreeParts;

beforeEach(() => {
  jest.useFakeTimers();
  parts = treeParts();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function callsOf(handlers: readonly EventHandler[] = [], handlerAttempts = 3): HandlerCalls {
  const { scopes, processing } = parts;
  return new HandlerCalls({ handlers: () => handlers, scopes, processing, handlerAttempts });
}

function handlerOf(call: (event: TrackingEvent) => unknown, wants = (_name: string): boolean => true): EventHandler {
  return { place: 'Reports.on', wants, call };
}

const fails = (): never => {
  throw new Error('down');
};

describe('HandlerCalls', () => {
  it('returns the handlers that want an event of a name', () => {
    const [all, some] = [
      handlerOf(() => undefined),
      handlerOf(
        () => undefined,
        (name) => name === 'a',
      ),
    ];
    const calls = callsOf([all, some]);
    expect(calls.wanting('a')).toEqual([all, some]);
    expect(calls.wanting('b')).toEqual([all]);
  });

  it('calls the handler with a copy of the event, in the context of the event', async () => {
    const seen: unknown[] = [];
    const event = { name: 'a', id: '1', timestamp: new Date(0), context: { user: 'x' }, data: {} };
    const envelope = Envelope.carried(event, {}, normalizer);
    const handler = handlerOf((given) => {
      seen.push(given.name, parts.scopes.view().get('user'));
      given.name = 'changed';
    });
    await expect(callsOf().call(handler, envelope)).resolves.toEqual({ kind: 'taken' });
    expect(seen).toEqual(['a', 'x']);
    expect(envelope.event.name).toBe('a');
    expect(parts.scopes.view().get('user')).toBeUndefined();
  });

  it('waits for the promise that the handler returns', async () => {
    let end = (): void => undefined;
    let outcome: HandlerOutcome | undefined;
    const handler = handlerOf(() => new Promise<void>((resolve) => (end = resolve)));
    const called = callsOf()
      .call(handler, envelopeOf('a'))
      .then((result) => (outcome = result));
    await jest.advanceTimersByTimeAsync(0);
    expect(outcome).toBeUndefined();
    end();
    await called;
    expect(outcome).toEqual({ kind: 'taken' });
  });

  it('calls a handler that fails again, later each time, up to the number of attempts', async () => {
    const times: number[] = [];
    const handler = handlerOf(() => {
      times.push(Date.now());
      return Promise.reject(new Error('down'));
    });
    const start = Date.now();
    const called = callsOf([], 3).call(handler, envelopeOf('a'));
    await jest.advanceTimersByTimeAsync(10_000);
    await expect(called).resolves.toEqual({ kind: 'failed', reason: 'handler-failed: Reports.on: Error: down' });
    expect(times.map((time) => time - start)).toEqual([0, 100, 300]);
  });

  it('waits at most five seconds between two attempts', async () => {
    const times: number[] = [];
    const handler = handlerOf(() => {
      times.push(Date.now());
      throw new Error('down');
    });
    const called = callsOf([], 12).call(handler, envelopeOf('a'));
    await jest.advanceTimersByTimeAsync(60_000);
    await called;
    expect(times.at(-1)! - times.at(-2)!).toBe(5000);
  });

  it('has taken the event if a later attempt succeeds', async () => {
    let attempts = 0;
    const handler = handlerOf(() => (++attempts === 1 ? fails() : undefined));
    const called = callsOf().call(handler, envelopeOf('a'));
    await jest.advanceTimersByTimeAsync(100);
    await expect(called).resolves.toEqual({ kind: 'taken' });
  });

  it('gives the events that a handler emits the same ids in each attempt', async () => {
    const ids: (string | undefined)[] = [];
    const handler = handlerOf(() => {
      ids.push(parts.processing.origin('other')?.id);
      fails();
    });
    const called = callsOf([], 2).call(handler, envelopeOf('a'));
    await jest.advanceTimersByTimeAsync(100);
    await called;
    expect(ids).toEqual([expect.any(String), ids[0]]);
  });

  describe('when it is stopped', () => {
    it('does not wait for a handler that never returns', async () => {
      const calls = callsOf();
      const called = calls.call(
        handlerOf(() => new Promise(() => undefined)),
        envelopeOf('a'),
      );
      calls.stop();
      await expect(called).resolves.toEqual({ kind: 'stopped' });
    });

    it('begins no further attempt, and leaves no timer', async () => {
      const call = jest.fn(fails);
      const calls = callsOf();
      const called = calls.call(handlerOf(call), envelopeOf('a'));
      await jest.advanceTimersByTimeAsync(50);
      calls.stop();
      await expect(called).resolves.toEqual({ kind: 'stopped' });
      expect(call).toHaveBeenCalledTimes(1);
    });

    it('calls no handler for events that come later', async () => {
      const call = jest.fn();
      const calls = callsOf();
      calls.stop();
      await expect(calls.call(handlerOf(call), envelopeOf('a'))).resolves.toEqual({ kind: 'stopped' });
      expect(call).not.toHaveBeenCalled();
    });
  });
});
