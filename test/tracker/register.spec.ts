import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  RoutingBackend,
  TrackingConfigException,
  UnknownBackendException,
  type Backend,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import { buildTracking, CollectingBackend, expectBalance, startTracking } from '../support/start-tracking';

const folder = mkdtempSync(join(tmpdir(), 'tracking-'));
afterAll(() => rmSync(folder, { recursive: true }));

function namesIn(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).name);
}

/** Says its name to a list that several share, so that the order among them shows. */
function saying(name: string, heard: string[]): Backend {
  return { send: () => void heard.push(name) };
}

describe('tracker.backend', () => {
  it('returns the backend at a path, nested backends by all their names', async () => {
    const { tracker } = await startTracking({
      backends: {
        branch: backend(RoutingBackend, {}, { backends: { own: backend(CollectingBackend) } }),
        sink: backend(MemoryBackend),
      },
    });
    expect(tracker.backend('sink')).toBeInstanceOf(MemoryBackend);
    expect(tracker.backend('branch')).toBeInstanceOf(RoutingBackend);
    expect(tracker.backend('branch/own')).toBeInstanceOf(CollectingBackend);
  });

  it('lists the existing paths when there is no backend at the given path', async () => {
    const { tracker } = await startTracking({
      backends: {
        branch: backend(RoutingBackend, {}, { backends: { own: backend(CollectingBackend) } }),
        sink: backend(MemoryBackend),
      },
    });
    const find = (): unknown => tracker.backend('own');
    expect(find).toThrow(UnknownBackendException);
    expect(find).toThrow(
      expect.objectContaining({
        name: 'UnknownBackendException',
        path: 'own',
        knownPaths: ['branch', 'branch/own', 'sink'],
      }),
    );
    expect(find).toThrow('the tracker "default" has no backend at "own"; it has: branch, branch/own, sink.');
    expect(find).toThrow('  Fix: names of nested backends are joined by "/"');
  });

  it.each(['', '/', 'sink/', 'toString', '__proto__'])('finds nothing under %p', async (path) => {
    const { tracker } = await startTracking();
    expect(() => tracker.backend(path)).toThrow(UnknownBackendException);
  });

  it('reports that there is no backend yet before the start', async () => {
    const { tracker } = await buildTracking();
    expect(() => tracker.backend('sink')).toThrow('it has none yet');
    expect(() => tracker.backend('sink')).toThrow('@InjectBackend(');
  });
});

describe('registerBackend', () => {
  it('adds a backend at the root, at the end whatever its name', async () => {
    const heard: string[] = [];
    class Saying implements Backend {
      send(): void {
        heard.push('m');
      }
    }
    const { tracker, ledger } = await startTracking({ backends: { m: backend(Saying) } });
    tracker.registerBackend('z', saying('z', heard));
    tracker.registerBackend('a', saying('a', heard));
    tracker.emit('event');
    expect(heard).toEqual(['m', 'z', 'a']);
    expect(ledger.nodes().map(({ path }) => path)).toEqual(['', 'm', 'z', 'a']);
    expectBalance(ledger);
  });

  it('replaces a backend of the same name in its place, which receives no more events', async () => {
    const heard: string[] = [];
    const { tracker, ledger } = await startTracking({ backends: {} });
    for (const name of ['a', 'b', 'c']) tracker.registerBackend(name, saying(name, heard));
    const replacement = saying('new b', heard);
    tracker.registerBackend('b', replacement);
    tracker.emit('event');
    expect(heard).toEqual(['a', 'new b', 'c']);
    expect(tracker.backend('b')).toBe(replacement);
    expect(ledger.node('b')).toMatchObject({ received: 1, passed: 1 });
    expectBalance(ledger);
  });

  it('writes the lines that a replaced log holds to its file: at flush, and when the application closes', async () => {
    const paths = ['tree', 'first', 'second'].map((name) => join(folder, `${name}.log`));
    const { app, tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: paths[0], maxWaitMs: 60_000 }) },
    });
    tracker.emit('to the tree');
    tracker.registerBackend('log', new LoggerBackend({ path: paths[1]!, maxWaitMs: 60_000 }));
    tracker.emit('to the first');
    await tracker.flush();
    expect(namesIn(paths[0]!)).toEqual(['to the tree']);
    expect(namesIn(paths[1]!)).toEqual(['to the first']);

    tracker.emit('to the first again');
    tracker.registerBackend('log', new LoggerBackend({ path: paths[2]!, maxWaitMs: 60_000 }));
    tracker.emit('to the second');
    await app.close();
    expect(namesIn(paths[1]!)).toEqual(['to the first', 'to the first again']);
    expect(namesIn(paths[2]!)).toEqual(['to the second']);
  });

  it('accepts a backend before the start: it comes after the tree, and receives the events that waited', async () => {
    const heard: string[] = [];
    class Saying implements Backend {
      send({ name }: TrackingEvent): void {
        heard.push(`tree: ${name}`);
      }
    }
    const { app, tracker } = await buildTracking({ backends: { m: backend(Saying) } });
    tracker.emit('early');
    tracker.registerBackend('a', { send: ({ name }) => void heard.push(`registered: ${name}`) });
    await app.init();
    expect(heard).toEqual(['tree: early', 'registered: early']);
  });

  it('accepts a backend before the start in place of a backend of the tree', async () => {
    const { app, tracker, ledger } = await buildTracking({
      backends: { a: backend(CollectingBackend), b: backend(CollectingBackend) },
    });
    const own = new CollectingBackend();
    tracker.registerBackend('a', own);
    await app.init();
    tracker.emit('event');
    expect(own.names).toEqual(['event']);
    expect(tracker.backend('a')).toBe(own);
    expect(ledger.nodes().map(({ path }) => path)).toEqual(['', 'a', 'b']);
  });

  it('releases a log that it has replaced before the start', async () => {
    const drained = jest.spyOn(LoggerBackend.prototype, 'drain');
    const { app, tracker } = await buildTracking({
      backends: { log: backend(LoggerBackend, { path: join(folder, 'replaced.log') }) },
    });
    tracker.registerBackend('log', new CollectingBackend());
    await app.init();
    await app.close();
    expect(drained).toHaveBeenCalledTimes(1);
    drained.mockRestore();
  });

  it('sends the current event to a backend that is registered during processing, and no event twice to any backend', async () => {
    const late = new CollectingBackend();
    const { tracker, ledger } = await startTracking({
      processors: [
        (): void => {
          if (ledger.node('late') === undefined) tracker.registerBackend('late', late);
        },
      ],
      backends: { a: backend(CollectingBackend), b: backend(CollectingBackend) },
    });
    tracker.emit('event');
    expect(late.names).toEqual(['event']);
    expect(tracker.backend<CollectingBackend>('a').names).toEqual(['event']);
    expect(tracker.backend<CollectingBackend>('b').names).toEqual(['event']);
    expectBalance(ledger);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'sink'],
    ['an object without send', {}],
    ['a send that is no function', { send: true }],
    ['a class instead of an instance', CollectingBackend],
    ['a function', () => undefined],
    ['an object whose send is async', { send: async () => Promise.resolve() }],
  ])('refuses %s with its place and a fix, and changes nothing', async (_what, instance) => {
    const { tracker, ledger, names } = await startTracking();
    const before = ledger.nodes();
    const register = (): void => tracker.registerBackend('bad', instance as Backend);
    expect(register).toThrow(TrackingConfigException);
    expect(register).toThrow('backends.bad');
    expect(register).toThrow('Fix: ');
    expect(ledger.nodes()).toEqual(before);
    tracker.emit('event');
    expect(names()).toEqual(['event']);
  });

  it.each<[unknown]>([[''], ['a/b'], ['a b'], ['é'], [undefined], [null], [7], [Symbol('s')], [{}]])(
    'refuses %p as a name',
    async (name) => {
      const { tracker, ledger } = await startTracking();
      const before = ledger.nodes();
      const register = (): void => tracker.registerBackend(name as string, new CollectingBackend());
      expect(register).toThrow(TrackingConfigException);
      expect(register).toThrow('registerBackend');
      expect(ledger.nodes()).toEqual(before);
    },
  );
});

describe('Registering with tracking off', () => {
  it('does not enable the tracker', async () => {
    const { tracker } = await startTracking({ enabled: false });
    const own = new CollectingBackend();
    tracker.registerBackend('own', own);
    tracker.registerProcessor(() => undefined);
    tracker.emit('event');
    expect(own.received).toEqual([]);
    expect(tracker.backend('own')).toBe(own);
  });
});
