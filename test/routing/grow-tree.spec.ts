import { Deliveries } from '../../src/delivery/deliveries';
import type { EntryDestination } from '../../src/delivery/destination';
import { backend, processor, type BackendClass } from '../../src/routing/description';
import { growTree, rootNode, sinkOf } from '../../src/routing/grow-tree';
import { planTree } from '../../src/routing/plan-tree';
import type { ProcessorStep } from '../../src/routing/processor-step';
import {
  QueuedBackend,
  type NodeChildren,
  type NodeQueue,
  type NodeWork,
  type QueuedNodeHost,
  type QueuedNodeParts,
} from '../../src/routing/queued-backend';
import type { RouteNode } from '../../src/routing/route-node';
import { RoutingBackend } from '../../src/routing/routing.backend';
import type { DescribedTree, TreePlan } from '../../src/routing/tree-plan';
import { envelopeOf, RecordingSink, treeParts } from './tree-parts';

class Http {
  async sendBatch(): Promise<void> {}
}

class Upper {
  process(event: { name: string }): void {
    event.name = event.name.toUpperCase();
  }
}

const first: ProcessorStep = { place: 'step', run: (envelope) => envelope.renamed('before the queue') };

class Queued extends QueuedBackend {
  readonly queue: NodeQueue = { delivery: { ordered: true }, isLocal: true };
  readonly sent: string[] = [];
  readonly work = {} as NodeWork;
  host: QueuedNodeHost | undefined;
  children: NodeChildren | undefined;
  readonly destination: EntryDestination = {
    takesRaw: true,
    sendEntries: (entries) => {
      this.sent.push(...entries.map((entry) => entry.event(true).name));
      return Promise.resolve();
    },
  };

  createNode(host: QueuedNodeHost): QueuedNodeParts {
    this.host = host;
    const attach = (children: NodeChildren): void => {
      this.children = children;
    };
    return { steps: [first], work: this.work, attach };
  }
}

interface Grown {
  readonly root: RouteNode;
  readonly replaced: RouteNode[];
  readonly instances: ReadonlyMap<string, object>;
  readonly plan: TreePlan;
  readonly deliveries: Deliveries;
}

/** Grows a tree from instances that are built without Nest. */
function grow(
  tree: DescribedTree,
  { off = [], before }: { readonly off?: readonly string[]; readonly before?: (root: RouteNode) => void } = {},
): Grown {
  const parts = treeParts();
  const deliveries = new Deliveries('default', undefined, parts.notices);
  const plan = planTree('default', tree);
  expect(plan.errors).toEqual([]);
  const instances = new Map<string, object>();
  const find = (token: string): unknown => instances.get(token);
  const build = (nodes: readonly { token: string; type: unknown; children?: TreePlan['backends'] }[]): void => {
    for (const { token, type, children = [] } of nodes) {
      const isClass = /^class/.test(String(type));
      instances.set(token, isClass ? new (type as new () => object)() : (type as object));
      build(children);
    }
  };
  const processorsOf = (nodes: TreePlan['backends']): TreePlan['processors'] =>
    nodes.flatMap(({ processors, children }) => [...processors, ...processorsOf(children)]);
  build([...plan.backends, ...plan.processors, ...processorsOf(plan.backends)]);
  const root = rootNode(parts);
  before?.(root);
  const replaced = growTree(root, plan, find, new Set(off), { ...parts, deliveries, name: 'default' });
  return { root, replaced, instances, plan, deliveries };
}

const instanceAt = (grown: Grown, path: string): object => grown.instances.get(`TrackingBackend(${path})`)!;
const namesAt = (grown: Grown, path: string): string[] => (instanceAt(grown, path) as RecordingSink).names;

describe('growTree', () => {
  it('joins the instances in the order of the plan, each with its place', () => {
    const inner = { b: backend(RecordingSink) };
    const { root } = grow({
      backends: { z: backend(RecordingSink), a: backend(RoutingBackend, {}, { backends: inner }) },
    });
    expect([...root.all()].map(({ path, standsAt }) => `${path} ${standsAt}`)).toEqual([
      ' the root',
      'a backends.a (RoutingBackend)',
      'a/b backends.a.backends.b (RecordingSink)',
      'z backends.z (RecordingSink)',
    ]);
  });

  it('runs the processors of a node before its backend, and those of the tracker before all', () => {
    const grown = grow({
      processors: [(event) => void (event.data['seen'] = true)],
      backends: {
        changed: backend(RecordingSink, {}, { processors: [processor(Upper)] }),
        plain: backend(RecordingSink),
      },
    });
    grown.root.receive(envelopeOf('e'), undefined);
    expect(namesAt(grown, 'changed')).toEqual(['E']);
    expect(namesAt(grown, 'plain')).toEqual(['e']);
    expect(grown.root.steps).toHaveLength(1);
  });

  it('runs the processors of the tracker before those that were registered earlier', () => {
    const order: string[] = [];
    const grown = grow(
      { processors: [() => void order.push('described')], backends: { a: backend(RecordingSink) } },
      { before: ({ steps }) => steps.push({ place: 'step', run: (envelope) => (order.push('registered'), envelope) }) },
    );
    grown.root.receive(envelopeOf('e'), undefined);
    expect(order).toEqual(['described', 'registered']);
  });

  it('leaves out nodes and processors that are switched off', () => {
    const tree = {
      backends: {
        a: backend(RecordingSink, {}, { processors: [processor(Upper)] }),
        b: backend(RecordingSink),
      },
    };
    const grown = grow(tree, { off: ['TrackingBackend(b)', 'TrackingProcessor(a[0])'] });
    grown.root.receive(envelopeOf('e'), undefined);
    expect(grown.root.children.map(({ name }) => name)).toEqual(['a']);
    expect(namesAt(grown, 'a')).toEqual(['e']);
  });

  it('drops events as switched off where all children are, and as without backends where none was given', () => {
    const inner = { b: backend(RecordingSink) };
    const tree = { backends: { a: backend(RoutingBackend, {}, { backends: inner }), c: backend(RoutingBackend) } };
    const { root } = grow(tree, { off: ['TrackingBackend(a/b)'] });
    root.receive(envelopeOf('e'), undefined);
    expect(root.children.map((node) => node.counts().dropped)).toEqual([{ 'switched-off': 1 }, { 'no-backend': 1 }]);
    const off = grow({ backends: { a: backend(RecordingSink) } }, { off: ['TrackingBackend(a)'] });
    off.root.receive(envelopeOf('e'), undefined);
    expect(off.root.counts().dropped).toEqual({ 'switched-off': 1 });
  });

  it('puts registered backends after the tree, and lets them replace a node of the same name', () => {
    const { root, replaced, instances } = grow(
      { backends: { a: backend(RecordingSink), b: backend(RecordingSink) } },
      {
        before: (node) => {
          node.place(named('late', node));
          node.place(named('a', node));
        },
      },
    );
    expect(root.children.map(({ name }) => name)).toEqual(['a', 'b', 'late']);
    expect(replaced.map(({ backend: instance }) => instance)).toEqual([instances.get('TrackingBackend(a)')]);
  });

  it('opens a delivery for a destination, and none for other backends', async () => {
    const grown = grow({ backends: { a: backend(Http), b: backend(RecordingSink), c: backend(RoutingBackend) } });
    const [http, sink, routing] = grown.root.children;
    expect(http?.counts()).toHaveProperty('delivery');
    expect(sink?.sink).toBe(sink?.backend);
    expect(routing?.sink).toBeUndefined();
    await grown.deliveries.close();
  });

  it('fails if what was put in by overrideProvider is not a backend', () => {
    class Empty {}
    const plan = planTree('default', { backends: { a: backend(RecordingSink) } });
    const parts = { ...treeParts(), name: 'default' };
    const deliveries = new Deliveries('default', undefined, parts.notices);
    const start = (): unknown =>
      growTree(rootNode(parts), plan, () => new Empty(), new Set(), { ...parts, deliveries });
    expect(start).toThrow(/backends\.a \(RecordingSink\): an object of the class Empty has neither send nor sendBatch/);
  });

  describe('for a node with a queue', () => {
    const queuedTree = {
      backends: {
        q: backend(
          Queued as unknown as BackendClass,
          {},
          {
            processors: [processor(Upper), () => undefined],
            backends: { a: backend(RecordingSink) },
          },
        ),
      },
    };

    it('gives the backend what its node needs, without the processors that are switched off', async () => {
      const grown = grow(queuedTree, { off: ['TrackingProcessor(q[1])'] });
      const { host } = instanceAt(grown, 'q') as Queued;
      expect(host).toMatchObject({ path: 'q', place: 'backends.q (Queued)', tracker: 'default' });
      expect(host?.processors).toMatchObject([{ type: Upper, instance: expect.any(Upper) }]);
      expect(Object.keys(host!)).toHaveLength(10);
      await grown.deliveries.close();
    });

    it('runs only the steps that the backend returns, queues the event, and gives the children to the work', async () => {
      const grown = grow(queuedTree);
      const queued = instanceAt(grown, 'q') as Queued;
      const [node] = grown.root.children;
      grown.root.receive(envelopeOf('e'), undefined);
      await node?.sink?.flush?.();
      expect(queued.sent).toEqual(['before the queue']);
      expect(namesAt(grown, 'q/a')).toEqual([]);
      expect(node?.queued).toEqual({ backend: queued, work: queued.work });
      expect(queued.children).toBe(node);
      await node?.sink?.drain?.(0);
      await grown.deliveries.close();
    });

    it('opens the delivery before the queue with the options that the queue requires', async () => {
      const open = jest.spyOn(Deliveries.prototype, 'open');
      const grown = grow(queuedTree);
      const [, , destination, settings] = open.mock.calls[0] ?? [];
      open.mockRestore();
      expect(destination).toBe((instanceAt(grown, 'q') as Queued).destination);
      expect(settings?.ordered).toBe(true);
      await grown.deliveries.close();
    });

    it('keeps dead letters under the path that is given', async () => {
      const grown = grow(queuedTree);
      const keepLetter = jest.spyOn(grown.deliveries, 'keepLetter').mockReturnValue(undefined);
      const event = envelopeOf('e').stored();
      (instanceAt(grown, 'q') as Queued).host?.keepLetter('q', event, 'why', {});
      expect(keepLetter).toHaveBeenCalledWith('q', event, 'why', {});
      await grown.deliveries.close();
    });
  });
});

function named(name: string, root: RouteNode): RouteNode {
  const node = Object.create(root) as RouteNode;
  Object.defineProperties(node, { name: { value: name }, children: { value: [] } });
  return node;
}

describe('sinkOf', () => {
  it('opens no delivery for a shipped backend, even if it has a sendBatch', () => {
    class Shipped extends RecordingSink {
      async sendBatch(): Promise<void> {}
    }
    const deliveries = new Deliveries('default', undefined, treeParts().notices);
    expect(sinkOf(new Shipped(), { path: 'a', place: 'backends.a' }, deliveries)).toBeUndefined();
  });

  it('refuses a durable delivery without a directory that is open', () => {
    const deliveries = new Deliveries('default', undefined, treeParts().notices);
    const where = { path: 'a', place: 'backends.a (registered)', delivery: { durable: true } };
    expect(() => sinkOf(new Http(), where, deliveries)).toThrow(/backends\.a \(registered\): its delivery is durable/);
  });
});
