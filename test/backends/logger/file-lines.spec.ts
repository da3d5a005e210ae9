import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { RecordingLogger } from '../../support/start-tracking';
import { until } from '../../support/until';
import { delivery, folder, start, useFakeTimers } from './file-parts';

const derive = promisify(pbkdf2);
afterEach(() => {
  jest.useRealTimers();
});

describe('A line of a LoggerBackend', () => {
  it('is held back until the first one has waited maxWaitMs', async () => {
    useFakeTimers();
    const run = await start({ maxWaitMs: 100 });
    run.tracker.emit('a');
    jest.advanceTimersByTime(60);
    run.tracker.emit('b');
    jest.advanceTimersByTime(39);
    expect(folder.text()).toBe('');
    expect(delivery(run)).toEqual({ accepted: 2, delivered: 0, dropped: {}, pending: 2 });
    jest.advanceTimersByTime(1);
    jest.useRealTimers();
    await until(() => folder.text() !== '');
    expect(folder.events().map(({ name }) => name)).toEqual(['a', 'b']);
    await until(() => run.ledger.node('log')?.delivery?.pending === 0);
    expect(delivery(run)).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
  });

  it('waits 100 ms by default', async () => {
    useFakeTimers();
    const { tracker } = await start();
    tracker.emit('a');
    jest.advanceTimersByTime(99);
    expect(folder.text()).toBe('');
    jest.advanceTimersByTime(1);
    jest.useRealTimers();
    await until(() => folder.text() !== '');
  });

  it('is held back until bufferBytes are collected', async () => {
    const run = await start({ bufferBytes: 1000, maxWaitMs: 1_000_000 });
    run.tracker.emit('a', { text: 'x'.repeat(400) });
    expect(folder.text()).toBe('');
    run.tracker.emit('b', { text: 'x'.repeat(400) });
    await until(() => folder.text() !== '');
    expect(folder.events().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('waits for 16 KB by default', async () => {
    const { tracker } = await start({ maxWaitMs: 1_000_000 });
    // A line has 107 characters besides the text.
    const line = (length: number): object => ({ text: 'x'.repeat(length) });
    tracker.emit('e', line(15_000));
    await new Promise(setImmediate);
    expect(folder.text()).toBe('');
    tracker.emit('e', line(2000));
    await until(() => folder.text() !== '');
  });

  it('waits approximately as long as a maxWaitMs beyond the range of a timer', async () => {
    useFakeTimers();
    const { tracker } = await start({ maxWaitMs: 2 ** 40 });
    tracker.emit('a');
    jest.advanceTimersByTime(2 ** 31 - 2);
    expect(folder.text()).toBe('');
    jest.useRealTimers();
    await tracker.flush();
    expect(folder.lines()).toHaveLength(1);
  });

  it('is written when emit returns, with sync', async () => {
    const run = await start({ sync: true });
    for (let at = 1; at <= 20; at++) {
      run.tracker.emit('e', { at });
      expect(folder.events()).toHaveLength(at);
      expect(delivery(run)).toEqual({ accepted: at, delivered: at, dropped: {}, pending: 0 });
    }
  });

  it('is written after flush', async () => {
    const run = await start({ maxWaitMs: 1_000_000 });
    run.tracker.emit('a');
    await run.tracker.flush();
    expect(folder.lines()).toHaveLength(1);
    expect(delivery(run)).toEqual({ accepted: 1, delivered: 1, dropped: {}, pending: 0 });
  });

  it('is written after each of several concurrent flushes', async () => {
    const { tracker } = await start({ maxWaitMs: 1_000_000 });
    const sizes: Promise<number>[] = [];
    for (let at = 1; at <= 5; at++) {
      tracker.emit('e', { text: 'x'.repeat(20_000) });
      // The line after it may be half written by then.
      sizes.push(tracker.flush().then(() => folder.text().split('\n').length - 1));
    }
    const counted = await Promise.all(sizes);
    counted.forEach((count, at) => {
      expect(count).toBeGreaterThanOrEqual(at + 1);
    });
  });

  it('is written when the application has closed', async () => {
    const run = await start({ maxWaitMs: 1_000_000 });
    for (let at = 0; at < 100; at++) run.tracker.emit('e', { text: 'x'.repeat(1000) });
    await run.app.close();
    expect(folder.lines()).toHaveLength(100);
    expect(delivery(run)).toEqual({ accepted: 100, delivered: 100, dropped: {}, pending: 0 });
  });

  it('is written when emitConfirmed resolves', async () => {
    const { tracker } = await start({ maxWaitMs: 1_000_000 });
    const { destinations } = await tracker.emitConfirmed('e');
    expect(destinations).toEqual({ log: 'delivered' });
    expect(folder.lines()).toHaveLength(1);
  });

  it('is written at once when it is emitted after the application has closed', async () => {
    const run = await start();
    run.tracker.emit('a');
    await run.app.close();
    run.tracker.emit('b');
    expect(folder.events().map(({ name }) => name)).toEqual(['a', 'b']);
    await expect(run.tracker.emitConfirmed('c')).resolves.toMatchObject({ destinations: { log: 'delivered' } });
    expect(folder.lines()).toHaveLength(3);
    expect(delivery(run)).toEqual({ accepted: 3, delivered: 3, dropped: {}, pending: 0 });
  });

  it('may be a single one of several megabytes', async () => {
    const { tracker } = await start({}, { limits: { maxTextLength: 30_000_000 } });
    tracker.emit('e', { text: 'é'.repeat(5_000_000) });
    tracker.emit('f');
    await tracker.flush();
    expect(folder.events().map(({ name }) => name)).toEqual(['e', 'f']);
  });

  it('is not lost in a burst beyond the limit of held bytes, while the file can be written', async () => {
    const run = await start({ maxHeldBytes: 100_000, bufferBytes: 1000 });
    for (let at = 0; at < 5000; at++) run.tracker.emit('e', { at, text: 'x'.repeat(400) });
    await run.tracker.flush();
    expect(run.ledger.node('log')?.dropped).toEqual({});
    expect(delivery(run)).toEqual({ accepted: 5000, delivered: 5000, dropped: {}, pending: 0 });
    expect(folder.events().map(({ data }) => data['at'])).toEqual(Array.from({ length: 5000 }, (_line, at) => at));
  });

  it('does not block a burst while the background cannot write: lines above the limit are counted', async () => {
    const busy = Array.from({ length: 8 }, () => derive('a', 'b', 400_000, 64, 'sha512'));
    const run = await start({ maxHeldBytes: 50_000, bufferBytes: 100 });
    const startedAt = performance.now();
    for (let at = 0; at < 3000; at++) run.tracker.emit('e', { at, text: 'x'.repeat(400) });
    // The background is waited for once, for 20 ms; for each event it would be a minute.
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    const { passed, dropped } = run.ledger.node('log')!;
    expect(dropped).toEqual({ 'log-unwritable': 3000 - passed });
    await run.tracker.flush();
    await Promise.all(busy);
    expect(folder.events().map(({ data }) => data['at'])).toEqual(Array.from({ length: passed }, (_line, at) => at));
    expect(delivery(run)).toEqual({ accepted: passed, delivered: passed, dropped: {}, pending: 0 });
    run.tracker.emit('f');
    await run.tracker.flush();
    expect(folder.lines()).toHaveLength(passed + 1);
  }, 120_000);

  it('is refused when it alone exceeds the limit of held bytes', async () => {
    const logger = new RecordingLogger();
    const run = await start({ maxHeldBytes: 1000 }, { logger });
    run.tracker.emit('e', { text: 'x'.repeat(2000) });
    run.tracker.emit('f');
    await run.tracker.flush();
    expect(folder.events().map(({ name }) => name)).toEqual(['f']);
    expect(run.ledger.node('log')?.dropped).toEqual({ 'too-large': 1 });
    expect(logger.warnings).toEqual([expect.stringMatching(/'too-large'.* maxHeldBytes\. Fix: raise that/)]);
  });
});
