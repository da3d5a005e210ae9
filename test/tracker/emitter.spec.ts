import { defineEvent } from '../../src/catalog/define-event';
import type { Envelope } from '../../src/event/envelope';
import { EmitConfirmation } from '../../src/tracker/emit-confirmation';
import { Emitter, type EmitterParts } from '../../src/tracker/emitter';
import { createTrackerParts } from '../../src/tracker/tracker-parts';
import { LogLines, runtimeOptions } from './bare-runtime';

function emitter(replaced: Partial<EmitterParts> = {}) {
  const log = new LogLines();
  const parts = createTrackerParts({}, runtimeOptions(log.notices));
  const received: Envelope[] = [];
  const rejected: string[] = [];
  const made = new Emitter({
    ...parts,
    clock: () => 1000,
    maxEarlyEvents: 2,
    outbox: { write: () => Promise.resolve() },
    onStored: () => undefined,
    root: { path: '', receive: (envelope) => received.push(envelope) },
    gate: {
      inspect: ({ name }) => (name === 'wrong' ? { reason: 'wrong data', violations: [] } : undefined),
      stamp: (envelope) => envelope,
      reject: ({ name }) => rejected.push(name),
    },
    ...replaced,
  });
  const names = (): string[] => received.map(({ name }) => name);
  const dropped = (): unknown => parts.counters.counts(0, {}).dropped;
  return { emitter: made, log, parts, received, rejected, names, dropped };
}

const failing = (): never => {
  throw new RangeError('Maximum call stack size exceeded');
};

describe('Emitter', () => {
  describe('before it is open', () => {
    it('keeps the events, and passes them on when it opens', () => {
      const run = emitter();
      run.emitter.emit('a', {});
      run.emitter.emit('b', {});
      expect([run.emitter.waiting, run.names()]).toEqual([2, []]);
      run.emitter.open();
      expect([run.emitter.waiting, run.names()]).toEqual([0, ['a', 'b']]);
    });

    it('counts and logs events beyond the maximum', () => {
      const run = emitter();
      for (const name of ['a', 'b', 'c', 'd']) run.emitter.emit(name, {});
      expect(run.dropped()).toEqual({ 'not-ready': 2 });
      expect(run.log.lines).toEqual([
        expect.stringMatching(/^the event "c" was dropped \('not-ready'\): more than 2 /),
      ]);
    });

    it('gives an event the time of its emit, not of the start', () => {
      let now = 1;
      const run = emitter({ clock: () => now });
      run.emitter.emit('a', {});
      now = 2;
      run.emitter.open();
      expect(run.received[0]?.event.timestamp).toEqual(new Date(1));
    });

    it('rejects an event that does not match the catalog when it opens', () => {
      const run = emitter();
      run.emitter.emit('wrong', {});
      expect(run.rejected).toEqual([]);
      run.emitter.open();
      expect([run.rejected, run.names()]).toEqual([['wrong'], []]);
    });

    it('drops the events when it closes, and passes later ones to the root', () => {
      const run = emitter();
      run.emitter.emit('a', {});
      run.emitter.close();
      run.emitter.emit('b', {});
      expect([run.dropped(), run.names()]).toEqual([{ 'not-ready': 1 }, ['b']]);
    });
  });

  describe('when it is open', () => {
    function open(replaced: Partial<EmitterParts> = {}) {
      const run = emitter(replaced);
      run.emitter.open();
      return run;
    }

    it('returns the id of the event', () => {
      const run = open();
      const id = run.emitter.emit('a', { b: 1 });
      expect(run.received[0]?.id).toBe(id);
      expect(run.received[0]?.event).toMatchObject({ name: 'a', data: { b: 1 }, timestamp: new Date(1000) });
    });

    it('counts each call', () => {
      const run = open();
      run.emitter.emit('a', {});
      run.emitter.emit('b', {});
      expect(run.parts.counters.counts(0, {}).emitted).toBe(2);
    });

    it('adds the context of the scope', () => {
      const run = open();
      run.parts.scopes.run('user', { user_id: 7 }, () => run.emitter.emit('a', {}));
      expect(run.received[0]?.context?.values).toEqual({ user_id: 7 });
    });

    it('rejects an event that does not match the catalog', () => {
      const run = open();
      run.emitter.emit('wrong', {});
      expect([run.rejected, run.names()]).toEqual([['wrong'], []]);
    });

    it('passes on the event that the catalog has stamped', () => {
      const stamped = jest.fn((envelope: Envelope) => envelope.changed({ ...envelope.event, name: 'stamped' }));
      const run = open({ gate: { inspect: () => undefined, stamp: stamped, reject: () => undefined } });
      run.emitter.emit('a', {});
      expect(run.names()).toEqual(['stamped']);
    });

    it('passes the confirmation to the root', () => {
      const receive = jest.fn();
      const run = open({ root: { path: '', receive } });
      const confirmation = new EmitConfirmation();
      run.emitter.emit('a', {}, confirmation);
      expect(receive).toHaveBeenCalledWith(expect.anything(), confirmation);
    });

    it.each([
      ['its name', defineEvent('course.enrolled'), 'course.enrolled'],
      ['unknown', undefined, 'unknown'],
      ['unknown', null, 'unknown'],
    ])('calls an event %s for %p', (_, given, expected) => {
      const run = open();
      run.emitter.emit(given, {});
      expect(run.names()).toEqual([expected]);
      expect(run.log.lines).toEqual([]);
    });

    it('counts and logs a name that is not a string', () => {
      const run = open();
      run.emitter.emit(7, {});
      run.emitter.emit(7, {});
      expect(run.names()).toEqual(['7', '7']);
      expect(run.parts.counters.counts(0, {}).oddNames).toBe(2);
      expect(run.log.lines).toEqual([expect.stringMatching(/a name that is not a string \(number\).*"7".*Fix: /)]);
    });

    it('falls back to the time of the system if the clock fails', () => {
      const run = open({ clock: failing });
      const before = Date.now();
      run.emitter.emit('a', {});
      expect(run.received[0]?.event.timestamp.getTime()).toBeGreaterThanOrEqual(before);
    });
  });

  describe('with events that emit events', () => {
    it('gives an event that is emitted in the processing of another an id derived from that', () => {
      const ids = [1, 2].map(() => {
        const run = emitter();
        run.emitter.open();
        run.parts.processing.run('parent', 0, 'here', () => run.emitter.emit('child', {}));
        const [child] = run.received;
        expect([child?.depth, child?.parentId]).toEqual([1, 'parent']);
        return child?.id;
      });
      expect(ids[0]).toBe(ids[1]);
    });

    it.each([
      ['of 8 events', 7, ['a'], {}],
      ['of 9 events', 8, [], { loop: 1 }],
    ])('passes or cuts a chain %s', (_, depth, names, dropped) => {
      const run = emitter();
      run.emitter.open();
      run.parts.processing.run('parent', depth, 'here', () => run.emitter.emit('a', {}));
      expect([run.names(), run.dropped()]).toEqual([names, dropped]);
    });

    it('cuts a clock that emits', () => {
      const run = emitter({
        clock: () => {
          run.emitter.emit('from the clock', {});
          return 0;
        },
      });
      run.emitter.open();
      run.emitter.emit('a', {});
      expect(run.names()).toEqual([...Array<string>(8).fill('from the clock'), 'a']);
      expect(run.dropped()).toEqual({ loop: 1 });
      expect(run.parts.counters.counts(0, {}).emitted).toBe(10);
    });

    it('settles the confirmation of an event that it cuts', () => {
      const run = emitter();
      run.emitter.open();
      const confirmation = new EmitConfirmation();
      run.parts.processing.run('parent', 8, 'here', () => run.emitter.emit('a', {}, confirmation));
      expect(confirmation.table()).toEqual({ '': 'dropped' });
    });
  });

  describe('at the end of the stack', () => {
    it('counts the event as emit-failed and never throws', () => {
      const run = emitter({ ids: { next: failing } });
      run.emitter.open();
      expect(run.emitter.emit('a', {})).toBeUndefined();
      expect(run.dropped()).toEqual({ 'emit-failed': 1 });
    });

    it('keeps the error for the confirmation', () => {
      const run = emitter({ ids: { next: failing } });
      run.emitter.open();
      const confirmation = new EmitConfirmation();
      run.emitter.emit('a', {}, confirmation);
      expect(confirmation.failure?.error).toBeInstanceOf(RangeError);
    });

    it('logs the loss once, when the stack is empty', async () => {
      const run = emitter({ ids: { next: failing } });
      run.emitter.open();
      run.emitter.emit('a', {});
      run.emitter.emit('b', {});
      expect(run.log.lines).toEqual([]);
      await Promise.resolve();
      expect(run.log.lines).toEqual([expect.stringMatching(/'emit-failed'.*Maximum call stack.*Fix: /)]);
      expect(run.parts.processing.hasOverflowed).toBe(false);
    });

    it('logs a loss that a node has only marked', async () => {
      const run = emitter();
      run.emitter.open();
      run.parts.processing.hasOverflowed = true;
      run.emitter.emit('a', {});
      await Promise.resolve();
      expect(run.log.lines).toEqual([expect.stringContaining("'emit-failed'")]);
    });

    it('continues with the next event', () => {
      let fails = true;
      const run = emitter({ ids: { next: () => (fails ? failing() : 'id') } });
      run.emitter.open();
      for (let count = 0; count < 20; count++) run.emitter.emit('lost', {});
      fails = false;
      run.emitter.emit('a', {});
      expect(run.names()).toEqual(['a']);
    });
  });
});
