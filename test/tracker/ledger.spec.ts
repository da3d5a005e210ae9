import fc from 'fast-check';
import {
  backend,
  EventEmissionExit,
  MemoryBackend,
  processor,
  RegexFilter,
  RoutingBackend,
  type Backend,
  type Backends,
  type NodeCounts,
  type Processor,
  type TrackerService,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import type { OnError, ProcessorEntry } from 'nestjs-event-tracking/types';
import { buildTracking, expectBalance, startTracking, type BuiltTracking } from '../support/start-tracking';

/**
 * What code of an application may do with an event. Emits end: each makes the name longer, up to
 * three signs.
 */
type Conduct = (event: TrackingEvent, emit: (name: string) => void) => unknown;

const CONDUCTS: Readonly<Record<string, Conduct>> = {
  keeps: () => undefined,
  changes: (event) => void (event.data['changed'] = true),
  replaces: (event) => ({ ...event, name: 'replaced' }),
  renames: (event) => ({ name: 'renamed', data: { was: event.name } }),
  empties: (event) => {
    for (const key of Object.keys(event)) Reflect.deleteProperty(event, key);
  },
  breaks: (event) => {
    event.context = undefined as never;
    event.timestamp = 'never' as never;
    event.name = Symbol('s') as never;
  },
  drops: () => null,
  exits: () => {
    throw new EventEmissionExit();
  },
  throws: (event) => {
    event.data['half'] = true;
    throw new Error('no');
  },
  'throws nothing at all': () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what applications do
    throw undefined;
  },
  'returns false': () => false,
  'returns {}': () => ({}),
  'returns a list': (event) => [event],
  'returns a text': () => 'text',
  'returns a function': () => () => undefined,
  resolves: () => Promise.resolve(),
  rejects: () => Promise.reject(new Error('no')),
  emits: ({ name }, emit) => {
    if (name.length < 3) emit(`${name}+`);
  },
  'emits and throws': ({ name }, emit) => {
    if (name.length < 3) emit(`${name}-`);
    throw new Error('no');
  },
};

const conduct = fc.constantFrom(...Object.keys(CONDUCTS));
const onError = fc.constantFrom<OnError>('skip', 'drop');
const processors = fc.array(fc.record({ conduct, onError }), { maxLength: 3 });

interface Leaf {
  readonly conduct: string;
  readonly processors: readonly { readonly conduct: string; readonly onError: OnError }[];
}
interface Branch {
  readonly processors: Leaf['processors'];
  readonly children: readonly (Leaf | Branch)[];
}

const { branch } = fc.letrec<{ node: Leaf | Branch; branch: Branch; leaf: Leaf }>((tie) => ({
  leaf: fc.record({ conduct: fc.oneof(conduct, fc.constant('remembers')), processors }),
  branch: fc.record({ processors, children: fc.array(tie('node'), { maxLength: 3 }) }),
  node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie('leaf'), tie('branch')),
}));

type Step =
  | { readonly does: 'emit' | 'emitConfirmed'; readonly name: string }
  | { readonly does: 'registerBackend'; readonly name: string; readonly conduct: string }
  | { readonly does: 'registerProcessor'; readonly conduct: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom('emit', 'emitConfirmed'), name: fc.constantFrom('', 'a', 'b') }),
  },
  fc.record({ does: fc.constant('registerBackend'), name: fc.constantFrom('node0', 'new', 'other'), conduct }),
  fc.record({ does: fc.constant('registerProcessor'), conduct }),
);

/** Describes the tree; what it emits goes to the tracker that `tracker` gives once there is one. */
class Forest {
  tracker: TrackerService | undefined;
  private readonly emit = (name: string): void => this.tracker?.emit(name);

  backends(children: Branch['children']): Backends {
    return Object.fromEntries(children.map((node, at) => [`node${at}`, this.backend(node)]));
  }

  processors(list: Leaf['processors']): ProcessorEntry[] {
    return list.map((entry) => processor(this.process(entry.conduct), { onError: entry.onError }));
  }

  process(name: string): Processor {
    return (event) => CONDUCTS[name]!(event, this.emit) as undefined;
  }

  send(name: string): Backend {
    return { send: this.process(name) };
  }

  private backend(node: Leaf | Branch) {
    const list = this.processors(node.processors);
    if ('children' in node) {
      return backend(RoutingBackend, {}, { processors: list, backends: this.backends(node.children) });
    }
    if (node.conduct === 'remembers') return backend(MemoryBackend, { maxEvents: 1_000_000 }, { processors: list });
    const process = this.process(node.conduct);
    class Sending implements Backend {
      send(event: TrackingEvent): ReturnType<Processor> {
        return process(event); // with what it returns, which is a part of what it does
      }
    }
    return backend(Sending, undefined, { processors: list });
  }
}

/**
 * The nodes that stand in the tree; those that were replaced keep their books, but get nothing any
 * more.
 */
function standing({ ledger }: BuiltTracking): NodeCounts[] {
  return ledger.nodes().filter(({ path }) => path !== '' && !path.endsWith('(replaced)'));
}

/** The children of a routing node get what it passed on, each of it once, and nothing else. */
function expectHandedOn(run: BuiltTracking): void {
  for (const { path, passed, received } of standing(run)) {
    const parent = path.includes('/') ? run.ledger.node(path.slice(0, path.lastIndexOf('/'))) : undefined;
    if (parent !== undefined) expect({ path, received }).toEqual({ path, received: parent.passed });
    const instance = run.tracker.backend(path);
    if (!(instance instanceof MemoryBackend)) continue;
    expect({ path, kept: instance.events().length }).toEqual({ path, kept: passed });
  }
}

function isBelow(path: string, above: string): boolean {
  return above === '' || path.startsWith(`${above}/`);
}

function leafPaths(run: BuiltTracking): string[] {
  const paths = standing(run).map(({ path }) => path);
  // A routing backend with nothing below it is where its events end; so is the root, without any
  // backend.
  return ['', ...paths].filter((path) => !paths.some((other) => other !== path && isBelow(other, path)));
}

async function take(run: BuiltTracking, forest: Forest, taken: Step): Promise<void> {
  switch (taken.does) {
    case 'emit':
      run.tracker.emit(taken.name, { given: true });
      break;
    case 'emitConfirmed': {
      const outcome: unknown = await run.tracker.emitConfirmed(taken.name).catch((error: unknown) => error);
      const { destinations } = outcome as { destinations: object };
      expect(Object.keys(destinations).sort()).toEqual(leafPaths(run).sort());
      break;
    }
    case 'registerBackend':
      run.tracker.registerBackend(taken.name, forest.send(taken.conduct));
      break;
    case 'registerProcessor':
      run.tracker.registerProcessor(forest.process(taken.conduct));
      break;
  }
}

describe('The ledger', () => {
  it('balances for every node and every tree, after every emit, and nothing that happens in the tree is thrown', async () => {
    const earlyNames = fc.array(fc.constantFrom('a', 'b'), { maxLength: 4 });
    const steps = fc.array(step, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(branch, earlyNames, steps, async (root, early, steps) => {
        const forest = new Forest();
        const run = await buildTracking({
          processors: forest.processors(root.processors),
          backends: forest.backends(root.children),
          maxEarlyEvents: 2,
        });
        forest.tracker = run.tracker;
        for (const name of early) run.tracker.emit(name);
        expectBalance(run.ledger);
        await run.app.init();
        expectBalance(run.ledger);
        for (const taken of steps) {
          await take(run, forest, taken);
          expectBalance(run.ledger);
          expectHandedOn(run);
        }
        await run.app.close();
        run.tracker.emit('late');
        expectBalance(run.ledger);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it('names each node by its path, each loss by its reason, and each failure by its place', async () => {
    const { tracker, ledger } = await startTracking({
      processors: [
        function half({ name }): void {
          if (name === 'odd') throw new Error('no');
        },
      ],
      backends: {
        branch: backend(
          RoutingBackend,
          {},
          {
            processors: [processor(RegexFilter, { regularExpressions: ['a'] })],
            backends: {
              fails: backend(
                class Failing implements Backend {
                  send(): void {
                    throw new Error('no');
                  }
                },
              ),
            },
          },
        ),
        sink: backend(MemoryBackend),
      },
    });
    tracker.emit('a');
    tracker.emit('odd');
    expect(ledger.nodes()).toEqual([
      { path: '', received: 2, passed: 2, dropped: {}, failures: { 'processors[0] (half)': 1 } },
      { path: 'branch', received: 2, passed: 1, dropped: { filtered: 1 }, failures: {} },
      { path: 'branch/fails', received: 1, passed: 0, dropped: { 'backend-failed': 1 }, failures: {} },
      { path: 'sink', received: 2, passed: 2, dropped: {}, failures: {} },
    ]);
    expect(ledger.node('branch')).toEqual(ledger.nodes()[1]);
    expect(ledger.node('nowhere')).toBeUndefined();
    expect(ledger.tracker()).toMatchObject({ name: 'default', emitted: 2, dropped: {}, waiting: 0 });
  });

  it('lets nothing go unhandled of what processors and backends promise', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const rejecting = (): never => Promise.reject(new Error('no')) as never;
    const { tracker, ledger } = await startTracking({ backends: { sink: backend(MemoryBackend) } });
    tracker.registerBackend('rejects', { send: rejecting });
    tracker.emit('a');
    tracker.registerProcessor(rejecting);
    tracker.emit('b');
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(ledger.node('rejects')?.dropped).toEqual({ 'async-backend': 1 });
    expect(ledger.node('')?.dropped).toEqual({ 'async-processor': 1 });
  });
});
