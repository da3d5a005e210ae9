import { Listening } from '../../src/outbox/listening';
import { until } from '../support/until';

/** A connection that the test loses. */
function connections() {
  const opened: {
    readonly channel: string;
    readonly notify: () => void;
    readonly lose: () => void;
    isClosed: boolean;
  }[] = [];
  const listen = (channel: string, notify: () => void, lose: () => void): Promise<() => Promise<void>> => {
    const one = { channel, notify, lose, isClosed: false };
    opened.push(one);
    return Promise.resolve(() => Promise.resolve(void (one.isClosed = true)));
  };
  return { opened, listen };
}

describe('Listening', () => {
  it('passes on what it hears, and looks once when it is connected', async () => {
    const { opened, listen } = connections();
    let calls = 0;
    const listening = new Listening(listen, 'outbox', () => calls++);
    expect(listening.isListening).toBe(false);
    listening.begin();
    await until(() => listening.isListening);
    expect([opened[0]?.channel, calls]).toEqual(['outbox', 1]);
    opened[0]?.notify();
    expect(calls).toBe(2);
    await listening.close();
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true]);
  });

  it('connects again after a loss, and not after it was closed', async () => {
    const { opened, listen } = connections();
    const listening = new Listening(listen, 'outbox', () => undefined);
    listening.begin();
    await until(() => listening.isListening);
    opened[0]?.lose();
    expect(listening.isListening).toBe(false);
    await until(() => listening.isListening);
    await listening.close();
    opened[1]?.lose();
    expect(opened).toHaveLength(2);
  });

  it('tries again when it cannot connect', async () => {
    let attempts = 0;
    const { listen } = connections();
    const listening = new Listening(
      (...given) => (++attempts === 1 ? Promise.reject(new Error('down')) : listen(...given)),
      'outbox',
      () => undefined,
    );
    listening.begin();
    await until(() => listening.isListening);
    expect(attempts).toBe(2);
    await listening.close();
  });

  it('closes while it waits for its next attempt', async () => {
    const listening = new Listening(
      () => Promise.reject(new Error('down')),
      'outbox',
      () => undefined,
    );
    listening.begin();
    await new Promise((resolve) => setImmediate(resolve));
    await listening.close();
    expect(listening.isListening).toBe(false);
  });

  it('closes a connection that opens while it is closed', async () => {
    const { opened, listen } = connections();
    let open = (): void => undefined;
    const listening = new Listening(
      async (...given) => {
        await new Promise<void>((resolve) => (open = resolve));
        return listen(...given);
      },
      'outbox',
      () => undefined,
    );
    listening.begin();
    const closed = listening.close();
    open();
    await closed;
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true]);
  });
});
