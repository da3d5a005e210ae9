import { SendFailedException, TrackingDeadLetters } from '../../src/entries';
import { eventually } from '../support/eventually';
import { down, quick, startGate as started } from './gate';

describe('The delivery to a destination that fails', () => {
  it('retries a failed batch under the same ids', async () => {
    const { tracker, gate, counts } = await started(quick);
    let failures = 3;
    gate.behave = () => (failures-- > 0 ? down() : Promise.resolve());
    tracker.emit('a');
    tracker.emit('b');
    await eventually(() => expect(gate.names).toEqual(['a', 'b']));
    expect(new Set(gate.batches.map((batch) => batch.map(({ id }) => id).join())).size).toBe(1);
    expect(counts()).toMatchObject({ accepted: 2, delivered: 2, attempts: 4, failedAttempts: 3 });
    expect(counts().lastError?.text).toBe('connection refused');
  });

  it('holds back the events behind a failed batch with `ordered`', async () => {
    const { tracker, gate } = await started({ ...quick, ordered: true, batch: { maxEvents: 1, maxWaitMs: 1 } });
    let failures = 3;
    gate.behave = () => (failures-- > 0 ? down() : Promise.resolve());
    for (const name of ['a', 'b', 'c']) tracker.emit(name);
    await eventually(() => expect(gate.names).toEqual(['a', 'b', 'c']));
    expect(gate.batches.slice(0, 4).map(([event]) => event?.name)).toEqual(['a', 'a', 'a', 'a']);
  });

  it('ends an attempt after timeoutMs, aborts its signal, and retries', async () => {
    const { tracker, gate, counts } = await started({ ...quick, timeoutMs: 20 });
    const aborted: boolean[] = [];
    gate.behave = (_, signal) => {
      if (gate.batches.length > 1) return Promise.resolve();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(true);
          reject(signal.reason as Error);
        });
      });
    };
    tracker.emit('e');
    await eventually(() => expect(gate.names).toEqual(['e']));
    expect(aborted).toEqual([true]);
    expect(counts().lastError?.text).toBe('no answer within 20 ms');
  });

  it('makes dead letters of the events that a destination rejects, and delivers the others', async () => {
    const { tracker, gate, counts, app } = await started(quick);
    gate.behave = (events) =>
      Promise.resolve(
        events.flatMap(({ name }, index) =>
          name === 'bad' ? [{ index, reason: 'does not fit', retryable: false }] : [],
        ),
      );
    for (const name of ['a', 'bad', 'b']) tracker.emit(name, { name });
    await tracker.flush();
    expect(gate.names).toEqual(['a', 'b']);
    expect(counts()).toMatchObject({ delivered: 2, deadLettered: 1, pending: 0, deadLetters: 1 });
    const letters = app.get(TrackingDeadLetters).list();
    expect(letters).toEqual([
      expect.objectContaining({
        path: 'gate',
        reason: 'refused: does not fit',
        attempts: 1,
        event: expect.objectContaining({ name: 'bad', data: { name: 'bad' } }),
      }),
    ]);
  });

  it('halves a batch that is refused as a whole until only the responsible event is left', async () => {
    const { tracker, gate, counts } = await started(quick);
    gate.behave = (events) =>
      events.some(({ name }) => name === 'poison')
        ? Promise.reject(SendFailedException.create({ reason: '400', retryable: false }))
        : Promise.resolve();
    for (let n = 0; n < 50; n++) tracker.emit(n === 17 ? 'poison' : `e${String(n)}`);
    await eventually(() => expect(counts().pending).toBe(0));
    expect(gate.taken).toHaveLength(49);
    expect(counts()).toMatchObject({ delivered: 49, deadLettered: 1 });
    expect(tracker.deadLetters.list().map(({ event, reason }) => [event.name, reason])).toEqual([
      ['poison', 'refused: 400'],
    ]);
  });

  it('waits as long as a Retry-After asks', async () => {
    const { tracker, gate } = await started(quick);
    let refusedAt = 0;
    gate.behave = () => {
      if (refusedAt !== 0) return Promise.resolve();
      refusedAt = Date.now();
      return Promise.reject(SendFailedException.create({ reason: '429', retryable: true, retryAfterMs: 150 }));
    };
    tracker.emit('e');
    await eventually(() => expect(gate.names).toEqual(['e']));
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(145);
  });

  it('gives up after `attempts`, and after `maxAgeMs`', async () => {
    const twice = await started({ ...quick, retry: { minDelayMs: 1, maxDelayMs: 1, attempts: 2 } });
    twice.gate.behave = down;
    twice.tracker.emit('e');
    await eventually(() => expect(twice.counts()).toMatchObject({ deadLettered: 1, attempts: 2, pending: 0 }));
    expect(twice.tracker.deadLetters.count()).toEqual({ attempts: 1 });

    const old = await started({ ...quick, retry: { minDelayMs: 1, maxDelayMs: 1, maxAgeMs: 1 } });
    old.gate.behave = async () => {
      const since = Date.now();
      while (Date.now() - since < 3) await new Promise(setImmediate);
      return down();
    };
    old.tracker.emit('e');
    await eventually(() => expect(old.tracker.deadLetters.count()).toEqual({ 'too-old': 1 }));
  });

  it('stops sending to a destination that is down, probes it with one batch, and continues when it is back', async () => {
    const { tracker, gate, counts } = await started({
      ...quick,
      concurrency: 4,
      retry: { minDelayMs: 20, maxDelayMs: 40, attempts: 1000 },
      batch: { maxEvents: 1, maxWaitMs: 1 },
    });
    gate.behave = down;
    for (let n = 0; n < 30; n++) tracker.emit(`e${String(n)}`);
    await eventually(() => expect(counts().breaker).toBe('open'));
    const atOpening = gate.batches.length;
    expect(atOpening).toBeLessThan(12);
    await eventually(() => expect(gate.batches.length).toBeGreaterThan(atOpening + 2));
    expect(gate.mostUnderWay).toBeLessThanOrEqual(4);
    gate.mostUnderWay = 0;
    await eventually(() => expect(gate.batches.length).toBeGreaterThan(atOpening + 4));
    expect(gate.mostUnderWay).toBe(1);
    gate.behave = () => Promise.resolve();
    await eventually(() => expect(gate.taken).toHaveLength(30));
    expect(counts()).toMatchObject({ breaker: 'closed', delivered: 30, deadLettered: 0 });
  });

  it('does not count probes as attempts: a long outage makes no dead letters', async () => {
    const { tracker, gate, counts } = await started({
      ...quick,
      retry: { minDelayMs: 1, maxDelayMs: 1, attempts: 6 },
    });
    gate.behave = down;
    tracker.emit('e');
    await eventually(() => expect(counts().attempts).toBeGreaterThan(20));
    expect(counts()).toMatchObject({ deadLettered: 0, pending: 1 });
    gate.behave = () => Promise.resolve();
    await eventually(() => expect(gate.names).toEqual(['e']));
  });
});
