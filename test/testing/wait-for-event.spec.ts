import {
  EventNotTrackedException,
  TrackedEvents,
  UntrackedSourceException,
  waitForEvent,
} from '../../src/entries/testing';
import { startTracking } from '../support/start-tracking';
import { compiled, rejection } from './compiled';

interface Check {
  readonly attempts: number;
}

describe('waitForEvent', () => {
  afterEach(() => jest.useRealTimers());

  it('resolves in the turn in which the event is emitted', async () => {
    const { module, tracker } = await compiled();
    const order: string[] = [];
    const waiting = waitForEvent(module, 'done').then(({ name }) => order.push(name));
    setImmediate(() => order.push('the next turn'));

    tracker.emit('other');
    tracker.emit('done');
    await waiting;

    expect(order).toEqual(['done']);
  });

  it('resolves at once with an event that was tracked before', async () => {
    const { module, tracker } = await compiled();
    tracker.emit('done', { n: 1 });
    tracker.emit('done', { n: 2 });

    expect((await waitForEvent(module, 'done')).data).toEqual({ n: 1 });
    expect((await waitForEvent(module, /^do/, ({ data }) => data['n'] === 2)).data).toEqual({ n: 2 });
  });

  it('waits for the first event that the predicate takes', async () => {
    const { module, tracker } = await compiled();
    const waiting = waitForEvent<Check>(module, 'problem_check', ({ data }) => data.attempts > 1);

    for (const attempts of [1, 2, 3]) tracker.emit('problem_check', { attempts });

    const { data } = await waiting;
    expect(data.attempts).toBe(2);
  });

  it('sees the event that the memory at once lets go of again', async () => {
    const { module, tracker } = await compiled({ maxEvents: 1 });
    const waiting = waitForEvent(module, 'a', undefined, { timeoutMs: 5000 });

    tracker.emit('a');
    tracker.emit('b');

    expect((await waiting).name).toBe('a');
  });

  it('works under faked timers, moved on as far as the test likes', async () => {
    jest.useFakeTimers();
    const { module, tracker } = await compiled();
    setTimeout(() => {
      tracker.emit('reminder.sent');
    }, 86_400_000);
    const waiting = waitForEvent(module, 'reminder.sent');

    await jest.advanceTimersByTimeAsync(86_400_000);

    expect((await waiting).name).toBe('reminder.sent');
  });

  it('comes to its end under faked timers that nobody moves on', async () => {
    jest.useFakeTimers();
    const { module } = await compiled();

    await expect(waitForEvent(module, 'never', undefined, { timeoutMs: 10 })).rejects.toThrow(EventNotTrackedException);
  });

  it('says what was tracked instead', async () => {
    const { module, tracker } = await compiled();
    const waiting = waitForEvent(module, 'problem_chek', undefined, { timeoutMs: 20 });
    tracker.emit('problem_check', { attempts: 1 });
    tracker.emit('play_video');

    const error = await rejection<EventNotTrackedException>(waiting);

    expect(error).toBeInstanceOf(EventNotTrackedException);
    expect(error.message).toBe(
      [
        'no event "problem_chek" was tracked within 20 ms.',
        'The nearest name is "problem_check".',
        'Tracked, in order:',
        '  1. problem_check { attempts: 1 }',
        '  2. play_video {}',
      ].join('\n'),
    );
    expect(error.tracked.map(({ name }) => name)).toEqual(['problem_check', 'play_video']);
  });

  it('marks the events to which the predicate said no', async () => {
    const { module, tracker } = await compiled();
    tracker.emit('problem_check', { attempts: 1 });
    tracker.emit('play_video');

    const error = await rejection(waitForEvent(module, 'problem_check', () => false, { timeoutMs: 1 }));

    expect(error.message).toBe(
      [
        'no event "problem_check" was tracked within 1 ms.',
        'The predicate rejected 1 event of this name (marked x).',
        'Tracked, in order:',
        '  1. x problem_check { attempts: 1 }',
        '  2. play_video {}',
      ].join('\n'),
    );
  });

  it('shows the last 20 of many events, each cut short', async () => {
    const { module, tracker } = await compiled();
    for (let n = 1; n <= 25; n++) tracker.emit('many', { n, text: 'x'.repeat(1000) });

    const { message } = await rejection(waitForEvent(module, 'never', undefined, { timeoutMs: 1 }));

    expect(message).toContain('  … 5 events before\n  6. many {');
    expect(message).toContain('\n  25. many { n: 25,');
    expect(message.length).toBeLessThan(3000);
  });

  it('says so when nothing was tracked, or could be', async () => {
    const { module } = await compiled();
    const off = await startTracking({ enabled: false });

    expect((await rejection(waitForEvent(module, 'a', undefined, { timeoutMs: 1 }))).message).toBe(
      'no event "a" was tracked within 1 ms.\nThere are no events.',
    );
    expect((await rejection(waitForEvent(off.app, 'a', undefined, { timeoutMs: 1 }))).message).toContain(
      'Tracking is switched off (enabled: false).',
    );
  });

  it.each([
    ['of an event tracked before', true],
    ['of an event tracked while it waits', false],
  ])('rejects with what the predicate throws %s, and lets emit be', async (_when, isBefore) => {
    const { module, tracker } = await compiled();
    const fault = new TypeError('of the predicate');
    if (isBefore) tracker.emit('a');
    const waiting = waitForEvent(module, 'a', () => {
      throw fault;
    });
    if (!isBefore) expect(() => tracker.emit('a')).not.toThrow();

    await expect(waiting).rejects.toBe(fault);
    expect(tracker.ledger.node('memory')).toMatchObject({ passed: 1, dropped: {} });
  });

  it('is told of nothing any more once it has ended', async () => {
    const { module, tracker } = await compiled();
    const predicate = jest.fn(() => false);
    await rejection(waitForEvent(module, 'a', predicate, { timeoutMs: 1 }));
    const waiting = waitForEvent(module, 'b', predicate.mockReturnValueOnce(true));
    tracker.emit('b');
    await waiting;
    predicate.mockClear();

    tracker.emit('a');
    tracker.emit('b');

    expect(predicate).not.toHaveBeenCalled();
  });

  it('waits for several at once, each for its own', async () => {
    const { module, tracker } = await compiled();
    const names = ['a', 'b', 'c'];
    const waiting = Promise.all(names.map((name) => waitForEvent(TrackedEvents.of(module), name)));

    for (const name of [...names].reverse()) tracker.emit(name, { of: name });

    expect((await waiting).map(({ data }) => data)).toEqual(names.map((of) => ({ of })));
  });

  it('takes a wait of any length', async () => {
    const { module, tracker } = await compiled();
    const waiting = waitForEvent(module, 'a', undefined, { timeoutMs: Infinity });
    // A timer that cannot hold its time fires after 1 ms, and so before this one.
    await new Promise((resolve) => setTimeout(resolve, 2));
    tracker.emit('a');

    expect((await waiting).name).toBe('a');
  });

  it('refuses what it cannot wait for', async () => {
    const { module } = await compiled();

    await expect(waitForEvent(module, undefined as never)).rejects.toThrow(
      "waitForEvent was given undefined as the name. Fix: use waitForEvent(app, 'problem_check')",
    );
    await expect(waitForEvent({} as never, 'a')).rejects.toThrow(UntrackedSourceException);
  });
});
