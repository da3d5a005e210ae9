import type { ReaderSettings } from '../../../src/transports/kafka/kafka-reader';
import { membershipOptions, ReaderRun } from '../../../src/transports/kafka/reader-run';

describe('ReaderRun', () => {
  it('resolves when it is stopped, and ignores later failures', async () => {
    const run = new ReaderRun();
    const running = run.start(() => Promise.resolve());
    run.stop();
    run.fail(new Error('too late'));
    await expect(running).resolves.toBeUndefined();
  });

  it('rejects with the first failure, which may be passed on as a callback', async () => {
    const run = new ReaderRun();
    const { fail } = run;
    const running = run.start(() => Promise.resolve());
    fail(new Error('first'));
    run.stop();
    await expect(running).rejects.toThrow('first');
  });

  it('rejects if it cannot begin', async () => {
    await expect(new ReaderRun().start(() => Promise.reject(new Error('no broker')))).rejects.toThrow('no broker');
  });

  it('ignores what happens before the start', async () => {
    const run = new ReaderRun();
    run.fail(new Error('early'));
    run.stop();
    let isOver = false;
    void run.start(() => Promise.resolve()).then(() => (isOver = true));
    await Promise.resolve();
    expect(isOver).toBe(false);
    run.stop();
  });
});

describe('membershipOptions', () => {
  it.each([
    [10_000, 2000],
    [300, 100],
  ])('sends five heartbeats in a session of %d ms, but no more than ten a second', (sessionTimeoutMs, heartbeat) => {
    const settings = { group: 'g', sessionTimeoutMs } as Partial<ReaderSettings> as ReaderSettings;
    expect(membershipOptions(settings)).toEqual({
      ...{ groupId: 'g', sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs },
      heartbeatInterval: heartbeat,
    });
  });
});
