import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { startTracking } from '../support/start-tracking';

const storage = new AsyncLocalStorage<string>();
const inFlow = <T>(flow: string, code: () => T): T => storage.run(flow, code);

describe('A listener of an emitter that was bound', () => {
  it.each(['on', 'addListener', 'prependListener', 'once', 'prependOnceListener'] as const)(
    'runs where it was added, added by %s, with the arguments and the emitter it was called with',
    async (method) => {
      const { tracker, last } = await startTracking();
      const emitter = tracker.bindEmitter(new EventEmitter());
      const seen: unknown[] = [];
      inFlow('of the listener', () =>
        tracker.context({ user_id: 2 }, () =>
          emitter[method]('said', function (this: unknown, ...args: unknown[]) {
            seen.push(this, storage.getStore(), ...args);
            tracker.emit('heard');
          }),
        ),
      );
      inFlow('of the speaker', () => tracker.context({ user_id: 1 }, () => emitter.emit('said', 'a', 'b')));
      expect(seen).toEqual([emitter, 'of the listener', 'a', 'b']);
      expect(last()).toMatchObject({ name: 'heard', context: { user_id: 2 } });
    },
  );

  it('is removed, listed and counted by the function that was given', async () => {
    const { tracker } = await startTracking();
    const emitter = tracker.bindEmitter(new EventEmitter());
    const listener = jest.fn();
    for (const method of ['on', 'once', 'prependListener', 'prependOnceListener'] as const) {
      emitter[method]('said', listener);
      expect(emitter.listeners('said')).toEqual([listener]);
      emitter.off('said', listener);
      expect(emitter.listenerCount('said')).toBe(0);
    }
    emitter.emit('said');
    expect(listener).not.toHaveBeenCalled();
  });

  it('is called once where it was added by once, also if it emits again itself', async () => {
    const { tracker } = await startTracking();
    const emitter = tracker.bindEmitter(new EventEmitter());
    let calls = 0;
    emitter.once('said', () => {
      if (++calls < 5) emitter.emit('said');
    });
    emitter.emit('said');
    expect(calls).toBe(1);
  });

  it('may be awaited by events.once', async () => {
    const { tracker } = await startTracking();
    const emitter = tracker.bindEmitter(new EventEmitter());
    const isSaid = once(emitter, 'said');
    emitter.emit('said', 7);
    await expect(isSaid).resolves.toEqual([7]);
  });

  it('is wrapped once, however often its emitter is bound', async () => {
    const { tracker } = await startTracking();
    const emitter = new EventEmitter();
    expect(tracker.bindEmitter(tracker.bindEmitter(emitter))).toBe(emitter);
    const listener = jest.fn();
    emitter.on('said', listener);
    emitter.off('said', listener);
    expect(emitter.listenerCount('said')).toBe(0);
  });

  it('runs where it was added of an EventEmitter2, too', async () => {
    const { tracker, last } = await startTracking();
    const emitter = tracker.bindEmitter(new EventEmitter2());
    tracker.context({ user_id: 2 }, () => emitter.on('said', () => tracker.emit('heard')));
    tracker.context({ user_id: 1 }, () => emitter.emit('said'));
    expect(last().context).toEqual({ user_id: 2 });
  });

  it('runs where it was added of an EventTarget, and is removed by what was given', async () => {
    const { tracker, events } = await startTracking();
    const target = tracker.bindEmitter(new EventTarget());
    const heard = (): void => tracker.emit('heard');
    const handler = { handleEvent: heard };
    tracker.context({ user_id: 2 }, () => {
      target.addEventListener('said', heard);
      target.addEventListener('said', handler, { once: true });
      target.addEventListener('said', heard); // a target takes the same one only once
      target.addEventListener('said', null as never); // as the DOM allows
    });
    tracker.context({ user_id: 1 }, () => target.dispatchEvent(new Event('said')));
    target.removeEventListener('said', heard);
    target.dispatchEvent(new Event('said'));
    expect(events().map(({ context }) => context)).toEqual([{ user_id: 2 }, { user_id: 2 }]);
  });

  it('runs where it was added of an AbortSignal', async () => {
    const { tracker, last } = await startTracking();
    const controller = new AbortController();
    tracker.bindEmitter(controller.signal);
    tracker.context({ user_id: 2 }, () => {
      controller.signal.addEventListener('abort', () => tracker.emit('heard'));
    });
    controller.abort();
    expect(last().context).toEqual({ user_id: 2 });
  });

  it('cannot be had of what is no emitter', async () => {
    const { tracker } = await startTracking();
    expect(() => tracker.bindEmitter({})).toThrow(/neither an EventEmitter nor an EventTarget.*Fix: /s);
  });
});

describe('A function that was bound', () => {
  it('keeps its this, arguments, result, name and length, and runs where it was bound', async () => {
    const { tracker, last } = await startTracking();
    const self = {};
    const bound = inFlow('here', () =>
      tracker.context({ user_id: 2 }, () =>
        tracker.bind(function named(this: unknown, a: number, b: number) {
          tracker.emit('called');
          return [this, storage.getStore(), a, b];
        }),
      ),
    );
    expect(tracker.context({ user_id: 1 }, () => bound.call(self, 3, 4))).toEqual([self, 'here', 3, 4]);
    expect(last().context).toEqual({ user_id: 2 });
    expect([bound.name, bound.length]).toEqual(['named', 2]);
  });

  it('throws what the function throws', async () => {
    const { tracker } = await startTracking();
    const bound = tracker.bind(() => {
      throw new RangeError('no');
    });
    expect(bound).toThrow(RangeError);
  });

  it('runs outside of every scope if it was bound there', async () => {
    const { tracker, last } = await startTracking();
    const bound = tracker.bind(() => tracker.emit('called'));
    tracker.context({ user_id: 1 }, bound);
    expect(last().context).toEqual({});
  });
});
