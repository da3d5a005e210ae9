import type { EventConsumer, ConsumerHost } from '../../src/intake/event-consumer';
import type { EventHandler } from '../../src/intake/handler-calls';
import { ConsumerRunner } from '../../src/intake/consumer-runner';
import { rootWork } from '../../src/tracker/root-work';
import { createTrackerParts } from '../../src/tracker/tracker-parts';
import { LogLines, runtimeOptions } from '../tracker/bare-runtime';

class Reader implements EventConsumer {
  host: ConsumerHost | undefined;
  readonly calls: string[] = [];

  begin(host: ConsumerHost): void {
    this.host = host;
  }

  end(timeoutMs: number): Promise<void> {
    this.calls.push(`end ${String(timeoutMs)}`);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }

  get sink(): ConsumerHost['intake'] {
    return this.host!.intake;
  }
}

class Failing extends Reader {
  override end(): Promise<void> {
    return Promise.reject(new Error('broken'));
  }

  override close(): Promise<void> {
    throw new Error('broken');
  }
}

function host() {
  const log = new LogLines();
  const parts = createTrackerParts({}, runtimeOptions(log.notices));
  const { name, scopes, normalizer, processing } = parts;
  const root = { path: '', receive: () => undefined, childSinks: () => [] };
  const letters: unknown[][] = [];
  const made = new ConsumerRunner({
    ...{ tracker: name, notices: log.notices, scopes, normalizer, processing, works: () => [] },
    rootWork: rootWork(parts, root),
    keepLetter: (path, event, reason) => letters.push([path, event.name, reason]),
  });
  return { host: made, log, letters };
}

function add(to: ConsumerRunner, name: string, reader: Reader = new Reader(), settings = {}): Reader {
  to.add({ name, place: `consumers.${name}`, settings }, reader);
  return reader;
}

const entry = (id: string) => ({
  position: `at ${id}`,
  raw: Buffer.from(id),
  decode: () => ({ name: 'course.enrolled', timestamp: new Date(0), id, context: {}, data: {} }),
});

const unreadable = { position: '0-1', raw: Buffer.from('?'), decode: () => JSON.parse('?') as never };

const handler = (call: EventHandler['call']): EventHandler => ({ place: 'Reports.on', wants: () => true, call });

describe('ConsumerRunner', () => {
  it('starts each consumer with its own name, place and intake', () => {
    const run = host();
    const [bus, stream] = [add(run.host, 'bus'), add(run.host, 'stream')];
    run.host.begin(() => []);
    expect(bus.host).toMatchObject({ name: 'bus', place: 'consumers.bus', tracker: 'default' });
    expect(stream.host).toMatchObject({ name: 'stream', place: 'consumers.stream' });
    expect(bus.sink).not.toBe(stream.sink);
    expect(run.host.count).toBe(2);
  });

  it('passes the events to the handlers of the application', async () => {
    const run = host();
    const reader = add(run.host, 'bus');
    const seen: string[] = [];
    run.host.begin(() => [handler(({ name }) => seen.push(name))]);
    const done = jest.fn();
    await reader.sink.take([entry('a')], done);
    expect([seen, done.mock.calls]).toEqual([['course.enrolled'], [[0]]]);
  });

  it('asks for the handlers at each event, since modules may be loaded later', async () => {
    const run = host();
    const reader = add(run.host, 'bus');
    let handlers: EventHandler[] = [];
    run.host.begin(() => handlers);
    await reader.sink.take([entry('a')], () => undefined);
    const call = jest.fn();
    handlers = [handler(call)];
    await reader.sink.take([entry('b')], () => undefined);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('counts for each consumer what it read, and its lag', async () => {
    const run = host();
    const bus = add(run.host, 'bus', Object.assign(new Reader(), { lag: () => 5 }));
    add(run.host, 'stream');
    run.host.begin(() => []);
    await bus.sink.take([entry('a'), entry('a')], () => undefined);
    bus.host?.missed(3);
    bus.host?.restarted();
    expect(run.host.counts()).toEqual([
      expect.objectContaining({ name: 'bus', received: 2, settled: 1, duplicates: 1, missed: 3, restarts: 1, lag: 5 }),
      expect.objectContaining({ name: 'stream', received: 0, lag: undefined }),
    ]);
  });

  it('keeps an entry that is no event as a dead letter of the consumer', async () => {
    const run = host();
    const reader = add(run.host, 'bus');
    run.host.begin(() => []);
    await reader.sink.take([unreadable], () => undefined);
    expect(run.letters).toEqual([['consumer:bus', 'unreadable entry', expect.stringMatching(/^unreadable: /)]]);
    expect(run.log.lines).toEqual([expect.stringMatching(/^consumers\.bus: the entry 0-1 became a dead letter/)]);
  });

  it('names the place in what a consumer logs', () => {
    const run = host();
    const reader = add(run.host, 'stream');
    run.host.begin(() => []);
    reader.host?.warn('is down');
    reader.host?.tell('is back');
    expect(run.log.lines).toEqual(['consumers.stream: is down', 'consumers.stream: is back']);
  });

  it('calls a handler five times, or as often as the settings say', async () => {
    const run = host();
    const reader = add(run.host, 'bus', new Reader(), { handlerAttempts: 1 });
    const call = jest.fn(() => Promise.reject(new Error('no')));
    run.host.begin(() => [handler(call)]);
    await reader.sink.take([entry('a')], () => undefined);
    expect(call).toHaveBeenCalledTimes(1);
    expect(run.letters).toEqual([['consumer:bus', 'course.enrolled', expect.stringContaining('Reports.on')]]);
  });

  it('remembers ids only as long as the settings say', async () => {
    const run = host();
    const reader = add(run.host, 'bus', new Reader(), { dedupeWindowMs: 0 });
    run.host.begin(() => []);
    await reader.sink.take([entry('a')], () => undefined);
    await reader.sink.take([entry('a')], () => undefined);
    expect(run.host.counts()[0]).toMatchObject({ settled: 2, duplicates: 0 });
  });

  describe('at shutdown', () => {
    it('ends the consumers, and waits for the entries that they have read', async () => {
      const run = host();
      const reader = add(run.host, 'bus');
      let finish = (): void => undefined;
      run.host.begin(() => [handler(() => new Promise<void>((resolve) => (finish = resolve)))]);
      const taken = reader.sink.take([entry('a')], () => undefined);
      const after = jest.fn();
      const ended = run.host.end(500).then(after);
      await new Promise(setImmediate);
      expect([reader.calls, after.mock.calls]).toEqual([['end 500'], []]);
      finish();
      await Promise.all([taken, ended]);
      expect(after).toHaveBeenCalled();
    });

    it('stops handlers that do not return', async () => {
      const run = host();
      const reader = add(run.host, 'bus');
      run.host.begin(() => [handler(() => new Promise(() => undefined))]);
      const done = jest.fn();
      const taken = reader.sink.take([entry('a')], done);
      run.host.stop();
      await taken;
      expect(done).not.toHaveBeenCalled();
      expect(run.host.counts()[0]).toMatchObject({ returned: 1, settled: 0 });
    });

    it('ends and closes the others if one consumer fails', async () => {
      const run = host();
      add(run.host, 'broken', new Failing());
      const reader = add(run.host, 'bus');
      await run.host.end(1);
      await run.host.close();
      expect(reader.calls).toEqual(['end 1', 'close']);
    });
  });
});
