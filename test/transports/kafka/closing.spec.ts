import { KafkaJsReader } from '../../../src/transports/kafka/kafkajs-reader';
import { OpenCalls } from '../../../src/transports/kafka/open-calls';
import { PlatformaticNotes } from '../../../src/transports/kafka/platformatic-notes';

/** A promise that the test settles. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((onValue, onError) => ([resolve, reject] = [onValue, onError]));
  return { promise, resolve, reject };
}

const SETTINGS = {
  ...{ group: 'g', topics: ['t'], start: 'group' as const, sessionTimeoutMs: 10_000 },
  ...{ topicIds: new Map<string, string>(), warn: () => undefined },
};

/**
 * A reader over a client of kafkajs whose brokers answer when the test says so. @param log what is
 * called, in order
 */
function readerWith(answer: Promise<never[]>, log: string[]): KafkaJsReader {
  const answered = async (): Promise<never[]> => answer.finally(() => log.push('answered'));
  const admin = {
    connect: () => Promise.resolve(void log.push('connect')),
    disconnect: () => Promise.resolve(void log.push('disconnect')),
    describeGroups: async () => ({ groups: await answered() }),
    fetchOffsets: answered,
    fetchTopicOffsets: answered,
  };
  const groupConsumer = { events: {}, on: () => undefined, disconnect: () => Promise.resolve() };
  return new KafkaJsReader({ admin: () => admin, consumer: () => groupConsumer } as never, SETTINGS);
}

describe('Closing a reader of kafkajs', () => {
  const questions: [string, (reader: KafkaJsReader) => Promise<unknown>][] = [
    ['notes', (reader) => reader.notes([{ topic: 't', partition: 0 }])],
    ['liveMembers', (reader) => reader.liveMembers()],
    ['committed', (reader) => reader.committed([{ topic: 't', partition: 0 }])],
    ['lag', (reader) => reader.lag()],
  ];

  it.each(questions)('disconnects after the answers under way (%s)', async (_name, ask) => {
    const log: string[] = [];
    const { promise, resolve } = deferred<never[]>();
    const reader = readerWith(promise, log);
    const asked = ask(reader).catch((error: unknown) => (error as Error).message);
    const closed = reader.close();
    await new Promise(setImmediate);
    expect(log).toEqual(['connect']);
    resolve([]);
    await Promise.all([closed, asked]);
    expect(log).toEqual(['connect', 'answered', 'disconnect']);
    await expect(ask(reader)).rejects.toThrow('it is closed');
    expect(log).toHaveLength(3);
  });

  it('ends although an answer never comes, and disconnects again where it comes late', async () => {
    const log: string[] = [];
    const { promise, reject } = deferred<never[]>();
    const reader = readerWith(promise, log);
    const asked = reader.lag().catch((error: unknown) => (error as Error).message);
    await reader.close();
    expect(log).toEqual(['connect', 'disconnect']);
    reject(new Error('timeout'));
    expect(await asked).toBe('timeout');
    await new Promise(setImmediate);
    expect(log).toEqual(['connect', 'disconnect', 'answered', 'disconnect']);
  });
});

describe('Closing what keeps notes with @platformatic/kafka', () => {
  it('closes its client after the answers under way, and makes none afterwards', async () => {
    const log: string[] = [];
    const { promise, resolve } = deferred<Map<string, unknown>>();
    class Admin {
      constructor() {
        log.push('made');
      }
      describeGroups(): Promise<unknown> {
        return promise.finally(() => log.push('answered'));
      }
      close(): Promise<void> {
        return Promise.resolve(void log.push('closed'));
      }
    }
    const notes = new PlatformaticNotes({ Admin } as never, {} as never, { clientId: 'c', bootstrapBrokers: [] }, 'g');
    const asked = notes.members();
    const closed = notes.close();
    await new Promise(setImmediate);
    expect(log).toEqual(['made']);
    resolve(new Map());
    await closed;
    expect(await asked).toEqual(new Set());
    expect(log).toEqual(['made', 'answered', 'closed']);
    const late = [notes.members(), notes.read([{ topic: 't', partition: 0 }]), notes.write([])];
    for (const call of late) await expect(call).rejects.toThrow('it is closed');
    expect(log).toHaveLength(3);
  });
});

describe('Calls under way', () => {
  it('are closed also where disconnecting fails', async () => {
    const calls = new OpenCalls();
    await calls.close(() => Promise.reject(new Error('no')));
    await expect(calls.run(() => Promise.resolve(1))).rejects.toThrow('it is closed');
  });
});
