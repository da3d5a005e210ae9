import { EventEmitter } from 'node:events';
import { nextOf, RedisOutage, whenConnected } from '../../src/transports/redis-connecting';

class Client extends EventEmitter {
  constructor(readonly status: string) {
    super();
  }
}

/** Whether a promise has settled by now. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  await jest.advanceTimersByTimeAsync(0);
  return over;
}

describe('redis-connecting', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  describe('whenConnected', () => {
    it.each(['ready', 'reconnecting', 'close', 'end'])('does not wait for a client that is %s', async (status) => {
      expect(await isOver(whenConnected(new Client(status)))).toBe(true);
    });

    it.each(['wait', 'connecting', 'connect'])('waits for a client that is %s, a second at most', async (status) => {
      const client = new Client(status);
      const connected = whenConnected(client);
      await jest.advanceTimersByTimeAsync(999);
      expect(await isOver(connected)).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(await isOver(connected)).toBe(true);
    });

    it.each(['ready', 'close', 'end'])('ends with the event %s', async (event) => {
      const client = new Client('connecting');
      const connected = whenConnected(client);
      client.emit(event);
      expect(await isOver(connected)).toBe(true);
    });
  });

  describe('nextOf', () => {
    it('ends when the signal is aborted, and leaves no listener and no timer', async () => {
      const client = new Client('connecting');
      const ending = new AbortController();
      const next = nextOf(client, ['ready', 'end'], 5000, ending.signal);
      expect(client.listenerCount('ready')).toBe(1);
      ending.abort();
      expect(await isOver(next)).toBe(true);
      expect([client.listenerCount('ready'), client.listenerCount('end'), jest.getTimerCount()]).toEqual([0, 0, 0]);
    });
  });

  describe('RedisOutage', () => {
    it('asks once at a time, and counts the answer', async () => {
      const reports: string[] = [];
      const ping = jest.fn(() => Promise.resolve('PONG'));
      const outage = new RedisOutage(
        { ping },
        { failing: () => reports.push('down'), answering: () => reports.push('up') },
      );
      outage.failed(new Error('down'));
      const asked = [outage.ask(), outage.ask()];
      expect(outage.isAsking).toBe(true);
      expect([await Promise.all(asked), ping.mock.calls.length, outage.isAsking]).toEqual([[true, true], 1, false]);
      await jest.advanceTimersByTimeAsync(1000);
      expect(reports).toEqual(['down', 'up']);
    });

    it('counts a refusal as a failure, and never rejects', async () => {
      const reports: string[] = [];
      const ping = (): Promise<never> => Promise.reject(new Error('NOAUTH'));
      const outage = new RedisOutage(
        { ping },
        { failing: ({ message }) => reports.push(message), answering: jest.fn() },
      );
      expect([await outage.ask(), reports, outage.isFailing]).toEqual([false, ['NOAUTH'], true]);
    });
  });
});
