import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import { defineEvent } from '../../src/catalog/define-event';
import type { EventOutcome } from '../../src/routing/confirmation';
import { backend } from '../../src/routing/description';
import { confirmedEvent, emitConfirmed } from '../../src/tracker/confirmed-event';
import { EmitConfirmation } from '../../src/tracker/emit-confirmation';
import { NotConfirmedException } from '../../src/tracker/not-confirmed.exception';
import { fakeClock, pass } from '../delivery/fake-clock';
import { bareRuntime } from './bare-runtime';

const event = { name: 'a', id: 'id' };

function confirmation(outcomes: Readonly<Record<string, EventOutcome>>): EmitConfirmation {
  const made = new EmitConfirmation();
  for (const [path, outcome] of Object.entries(outcomes)) made.settle(path, outcome);
  return made;
}

const result = (of: EmitConfirmation, signal?: AbortSignal) => confirmedEvent(event, of, 1000, signal);

describe('confirmedEvent', () => {
  it('resolves with the id and the outcome at each backend', async () => {
    const destinations = { log: 'delivered', lrs: 'stored', caliper: 'filtered' } as const;
    await expect(result(confirmation(destinations))).resolves.toEqual({ id: 'id', destinations });
  });

  it.each(['dropped', 'dead-lettered', 'pending'] as const)(
    'rejects if the event is %s at one backend',
    async (outcome) => {
      const rejected = result(confirmation({ log: 'delivered', lrs: outcome }));
      await expect(rejected).rejects.toMatchObject({ id: 'id', destinations: { log: 'delivered', lrs: outcome } });
      await expect(rejected).rejects.toThrow(NotConfirmedException);
    },
  );

  it('waits for an outcome that comes later', async () => {
    const made = new EmitConfirmation();
    const { onOutcome } = made.claim('lrs');
    made.accepted('lrs');
    setImmediate(onOutcome, 'delivered');
    await expect(result(made)).resolves.toMatchObject({ destinations: { lrs: 'delivered' } });
  });

  it('rejects at once if emit failed, with the error as its cause', async () => {
    const made = new EmitConfirmation();
    made.accepted('lrs');
    const error = new RangeError('stack');
    made.failure = { error };
    jest.spyOn(made, 'end');
    await expect(result(made)).rejects.toMatchObject({ cause: error, message: expect.stringContaining('emit failed') });
    expect(made.end).not.toHaveBeenCalled();
  });

  it('rejects with the violations if the catalog refused the event', async () => {
    const made = confirmation({ 'catalog:rejected': 'dead-lettered' });
    made.violations = [{ kind: 'required-missing', path: 'data.mode', message: 'is missing' }];
    await expect(result(made)).rejects.toMatchObject({
      violations: made.violations,
      message: expect.stringContaining('data.mode'),
    });
  });

  it('rejects if the signal is aborted, with its reason', async () => {
    const made = new EmitConfirmation();
    made.accepted('lrs');
    const reason = new Error('the client has gone');
    await expect(result(made, AbortSignal.abort(reason))).rejects.toMatchObject({
      cause: reason,
      destinations: { lrs: 'pending' },
      message: expect.stringContaining('aborted'),
    });
  });

  it('rejects if the wait ends before the event has reached any backend', async () => {
    const made = new EmitConfirmation();
    made.hold();
    await expect(result(made, AbortSignal.abort())).rejects.toMatchObject({ destinations: {} });
  });

  it('rejects after the timeout', async () => {
    fakeClock();
    try {
      const made = new EmitConfirmation();
      made.accepted('lrs');
      const after = jest.fn();
      result(made).catch(after);
      await pass(999);
      expect(after).not.toHaveBeenCalled();
      await pass(1);
      expect(after).toHaveBeenCalledWith(
        expect.objectContaining({ message: expect.stringContaining('1000 ms'), destinations: { lrs: 'pending' } }),
      );
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('emitConfirmed', () => {
  function memory(options = {}) {
    const run = bareRuntime({ backends: { memory: backend(MemoryBackend) } }, options);
    run.start();
    return run;
  }

  it('resolves with the id and the outcome of the event', async () => {
    const run = memory();
    const { id, destinations } = await emitConfirmed(run.runtime, 'a', { n: 1 }, undefined);
    expect(destinations).toEqual({ memory: 'delivered' });
    expect(run.instance(MemoryBackend).events()).toEqual([expect.objectContaining({ id, name: 'a', data: { n: 1 } })]);
  });

  it('resolves without destinations if tracking is disabled', async () => {
    const { runtime } = memory({ enabled: false });
    await expect(emitConfirmed(runtime, 'a', {}, undefined)).resolves.toEqual({ id: '', destinations: {} });
  });

  it('ends with the signal of the options', async () => {
    const { runtime } = bareRuntime({ backends: { memory: backend(MemoryBackend) } });
    const options = { signal: AbortSignal.abort() };
    await expect(emitConfirmed(runtime, 'a', {}, options)).rejects.toThrow(/"a".* since its signal was aborted/);
  });

  it('calls the event by the name of its definition in an error', async () => {
    const { runtime } = bareRuntime({ backends: { memory: backend(MemoryBackend) } });
    const rejected = emitConfirmed(runtime, defineEvent('course.enrolled'), {}, { signal: AbortSignal.abort() });
    await expect(rejected).rejects.toThrow('"course.enrolled"');
  });

  it('counts an event for which the stack has no capacity', async () => {
    const { runtime } = memory();
    const full = {
      ...{ parts: runtime.parts, isOff: false },
      emit: () => {
        throw new RangeError('Maximum call stack size exceeded');
      },
    };
    await expect(emitConfirmed(full, 'a', {}, undefined)).rejects.toMatchObject({ cause: expect.any(RangeError) });
    expect(runtime.ledger.tracker()).toMatchObject({ emitted: 1, dropped: { 'emit-failed': 1 } });
    expect(runtime.parts.processing.hasOverflowed).toBe(true);
  });
});
