import { QueuedBackend } from '../../src/routing/queued-backend';
import { backend, processor, type BackendClass, type BackendNodeOptions } from '../../src/routing/description';
import { planTree } from '../../src/routing/plan-tree';
import { RoutingBackend } from '../../src/routing/routing.backend';
import type { DescribedTree, TreePlan } from '../../src/routing/tree-plan';

class Log {
  send(): void {}
}

class Http {
  async sendBatch(): Promise<void> {}
}

class LateLog {
  async send(): Promise<void> {}
}

class Shipped {
  accept(): undefined {
    return undefined;
  }
}

abstract class Queued extends QueuedBackend {}

class Upper {
  process(): void {}
}

const queued = Queued as unknown as BackendClass;

function plan(tree: DescribedTree): TreePlan {
  return planTree('default', tree);
}

/** Plans a tree with one backend called `node`. */
function planOne(type: unknown, host: BackendNodeOptions = {}): TreePlan {
  return plan({ backends: { node: backend(type as BackendClass, {}, host) } });
}

describe('planTree', () => {
  it('plans a tree without anything in it', () => {
    expect(plan({})).toEqual({ processors: [], backends: [], errors: [] });
  });

  it('gives each node its path, its token and its place in the configuration', () => {
    const inner = { inner: backend(Log) };
    const { backends, errors } = plan({ backends: { outer: backend(RoutingBackend, {}, { backends: inner }) } });

    expect(errors).toEqual([]);
    expect(backends[0]).toMatchObject({
      ...{ name: 'outer', path: 'outer', place: 'backends.outer (RoutingBackend)' },
      children: [
        {
          ...{ name: 'inner', path: 'outer/inner', place: 'backends.outer.backends.inner (Log)' },
          token: 'TrackingBackend(outer/inner)',
        },
      ],
    });
  });

  it('names the tracker in tokens unless it is the default one', () => {
    const tree = { processors: [processor(Upper)], backends: { log: backend(Log) } };
    const { backends, processors } = planTree('audit', tree);
    expect(backends[0]?.token).toBe('TrackingBackend(audit:log)');
    expect(processors[0]?.token).toBe('TrackingProcessor(audit:[0])');
  });

  it('sorts backends by code points, not by UTF-16 units', () => {
    const names = ['b', 'B', 'a10', 'a9'];
    const { backends } = plan({ backends: Object.fromEntries(names.map((name) => [name, backend(Log)])) });
    expect(backends.map(({ name }) => name)).toEqual(['B', 'a10', 'a9', 'b']);
  });

  it('keeps the options, the imports and the delivery of a node', () => {
    class Module {}
    const delivery = { ordered: true };
    const node = backend(Http, { url: 'x' } as never, { imports: [Module], delivery });
    expect(plan({ backends: { node } }).backends[0]).toMatchObject({
      ...{ type: Http, options: { url: 'x' }, imports: [Module], delivery },
    });
  });

  it('lets processors inject from the imports of their node, and those of the tracker from its own', () => {
    class Shared {}
    class Own {}
    const processors = [processor(Upper, undefined, { imports: [Own] })];
    const { backends } = planOne(Log, { imports: [Shared], processors });
    expect(backends[0]?.processors[0]?.imports).toEqual([Shared, Own]);
    expect(plan({ imports: [Shared], processors }).processors[0]?.imports).toEqual([Shared, Own]);
  });

  it('allows the same description in two places', () => {
    const log = backend(Log);
    const { backends, errors } = plan({ backends: { a: log, b: log } });
    expect(errors).toEqual([]);
    expect(backends).toHaveLength(2);
  });

  it('accepts a destination, a shipped backend, a routing backend and a queued one', () => {
    for (const type of [Log, Http, Shipped, RoutingBackend, queued]) expect(planOne(type).errors).toEqual([]);
  });

  it('allows an AsyncProcessor only in a queued node', () => {
    class Lookup {
      async processAsync(): Promise<void> {}
    }
    expect(planOne(queued, { processors: [processor(Lookup)] }).errors).toEqual([]);
    expect(planOne(RoutingBackend, { processors: [processor(Lookup)] }).errors).toHaveLength(1);
  });

  it('allows delivery options for a destination and for a queued node', () => {
    for (const type of [Http, queued]) {
      const { backends, errors } = planOne(type, { delivery: { durable: true } });
      expect(errors).toEqual([]);
      expect(backends[0]?.delivery).toEqual({ durable: true });
    }
  });

  it('reports all errors together, those of nested nodes included', () => {
    const { errors } = plan({
      imports: 'none' as never,
      processors: [7 as never],
      backends: { log: 5 as never, outer: backend(RoutingBackend, {}, { backends: { 'a/b': backend(Log) } }) },
    });
    expect(errors.map(({ path }) => path)).toEqual([
      ...['imports', 'processors[0]', 'backends.log'],
      expect.stringMatching(/^backends\.outer\.backends\[.*\] \(Log\)$/),
    ]);
  });

  describe('reports', () => {
    const self = backend(RoutingBackend, {}, { backends: {} });
    (self.node.backends as Record<string, unknown>)['again'] = self;

    it.each<[string, DescribedTree, string, string]>([
      [
        'backends in a list',
        { backends: [] as never },
        'backends',
        'it is a list of 0, not an object of backends by name.',
      ],
      [
        'null instead of backends',
        { backends: null as never },
        'backends',
        'it is null, not an object of backends by name.',
      ],
      ['a class instead of a description', { backends: { log: Log as never } }, 'backends.log', 'not a backend.'],
      [
        'a processor in the place of a backend',
        { backends: { log: processor(Upper) as never } },
        'backends.log',
        'not a backend.',
      ],
      [
        'a name that leaves the folder',
        { backends: { '..': backend(Log) } },
        'backends[',
        'no other characters than dots',
      ],
      [
        'a node inside itself',
        { backends: { self } },
        'backends.self.backends.again (RoutingBackend)',
        'it contains itself',
      ],
      [
        'an instance instead of a class',
        { backends: { log: backend({} as never) } },
        'backends.log (no class)',
        'its class is an object',
      ],
      [
        'a class without send',
        { backends: { log: backend(Upper as never) } },
        'backends.log (Upper)',
        'neither a send nor a sendBatch method',
      ],
      [
        'an async send',
        { backends: { log: backend(LateLog as never) } },
        'backends.log (LateLog)',
        'its send is async',
      ],
      [
        'an option in the third argument',
        { backends: { log: backend(Log, {}, { url: 1 } as never) } },
        'backends.log (Log)',
        'the third argument has the unknown field',
      ],
      [
        'children of a backend that writes',
        { backends: { log: backend(Log, {}, { backends: { a: backend(Log) } }) } },
        'backends.log (Log)',
        'it is not a routing backend',
      ],
      [
        'delivery of a backend without a queue',
        { backends: { log: backend(Log, {}, { delivery: {} }) } },
        'backends.log (Log)',
        'it has delivery options, but no sendBatch method',
      ],
      [
        'a delivery option that is wrong',
        { backends: { http: backend(Http, {}, { delivery: { timeoutMs: -1 } }) } },
        'backends.http (Http) delivery.timeoutMs',
        '',
      ],
      [
        'imports that are not a list',
        { backends: { log: backend(Log, {}, { imports: {} as never }) } },
        'backends.log.imports',
        'not a list of modules',
      ],
    ])('%s', (_title, tree, path, what) => {
      const { errors } = plan(tree);
      expect(errors).toHaveLength(1);
      expect(errors[0]?.path).toContain(path);
      expect(errors[0]?.what).toContain(what);
      expect(errors[0]?.fix).not.toBe('');
    });
  });
});
