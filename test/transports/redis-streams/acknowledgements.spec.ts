import { setImmediate as turn } from 'node:timers/promises';
import { Acknowledgements } from '../../../src/transports/redis-streams/acknowledgements';
import { StreamEntry } from '../../../src/transports/redis-streams/stream-entry';

const entry = (id: string, key = 's'): StreamEntry => new StreamEntry(key, id, []);

/** Acknowledgements to a group that a test controls, and what was sent and confirmed. */
function setUp() {
  const state = { isReady: true, failures: [] as Error[], hold: undefined as Promise<void> | undefined };
  const sent: string[] = [];
  const confirmed: string[] = [];
  const group = {
    acknowledge: async (key: string, ids: readonly string[]): Promise<void> => {
      sent.push(`${key} ${ids.join()}`);
      await state.hold;
      const failure = state.failures.shift();
      if (failure !== undefined) throw failure;
    },
  };
  const acknowledgements = new Acknowledgements(
    group,
    () => state.isReady,
    (entries) => confirmed.push(...entries.map(({ id }) => id)),
  );
  return { state, sent, confirmed, acknowledgements };
}

describe('Acknowledgements', () => {
  it('acknowledges everything that finishes in one turn together, by stream', async () => {
    const { sent, confirmed, acknowledgements } = setUp();
    for (const each of [entry('1'), entry('2', 'other'), entry('3')]) acknowledgements.add(each);
    expect(sent).toEqual([]);
    await turn();
    await turn();
    expect([sent, confirmed]).toEqual([
      ['s 1,3', 'other 2'],
      ['1', '2', '3'],
    ]);
  });

  it('waits while Redis is not connected, and sends when asked again', async () => {
    const { state, sent, acknowledgements } = setUp();
    state.isReady = false;
    acknowledgements.add(entry('1'));
    await turn();
    expect(sent).toEqual([]);
    state.isReady = true;
    acknowledgements.sendSoon();
    await turn();
    expect(sent).toEqual(['s 1']);
  });

  it('keeps entries whose acknowledgement fails, in order, for the next attempt', async () => {
    const { state, sent, confirmed, acknowledgements } = setUp();
    state.failures.push(new Error('the connection was lost'));
    acknowledgements.add(entry('1'));
    await turn();
    await turn();
    expect(confirmed).toEqual([]);
    acknowledgements.add(entry('2'));
    await turn();
    await turn();
    expect([sent, confirmed]).toEqual([
      ['s 1', 's 1,2'],
      ['1', '2'],
    ]);
  });

  it('sends one batch at a time, and afterwards what has finished meanwhile', async () => {
    const { state, sent, acknowledgements } = setUp();
    let release = (): void => undefined;
    state.hold = new Promise((resolve) => (release = resolve));
    acknowledgements.add(entry('1'));
    await turn();
    acknowledgements.add(entry('2'));
    acknowledgements.add(entry('3'));
    await turn();
    expect(sent).toEqual(['s 1']);
    state.hold = undefined;
    release();
    await turn();
    expect(sent).toEqual(['s 1', 's 2,3']);
  });

  it('resolves sendAll when nothing waits, also if an earlier attempt failed', async () => {
    const { state, confirmed, acknowledgements } = setUp();
    let release = (): void => undefined;
    state.hold = new Promise((resolve) => (release = resolve));
    state.failures.push(new Error('the connection was lost'));
    acknowledgements.add(entry('1'));
    await turn();
    acknowledgements.add(entry('2'));
    const all = acknowledgements.sendAll();
    release();
    await all;
    expect(confirmed).toEqual(['1', '2']);
  });

  it('rejects sendAll if the acknowledgement fails', async () => {
    const { state, acknowledgements } = setUp();
    state.failures.push(new Error('the connection was lost'));
    acknowledgements.add(entry('1'));
    await expect(acknowledgements.sendAll()).rejects.toThrow('the connection was lost');
  });

  it('sends nothing more after close', async () => {
    const { sent, acknowledgements } = setUp();
    acknowledgements.add(entry('1'));
    acknowledgements.close();
    await turn();
    expect(sent).toEqual([]);
  });
});
