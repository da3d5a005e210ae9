import type { Envelope } from '../../src/event/envelope';
import type { TrackingEvent } from '../../src/event/tracking-event';
import { NodeLedger } from '../../src/ledger/node-ledger';
import type { DropReason } from '../../src/ledger/reasons';
import { Confirmation } from '../../src/routing/confirmation';
import type { NodeQueue, NodeWork, QueuedBackend } from '../../src/routing/queued-backend';
import { Buried, type ProcessorStep } from '../../src/routing/processor-step';
import { RouteNode, type NodeHost } from '../../src/routing/route-node';
import { RoutingBackend } from '../../src/routing/routing.backend';
import { envelopeOf, RecordingSink, treeParts, type TreeParts } from './tree-parts';

let parts: TreeParts;

beforeEach(() => {
  parts = treeParts();
});

interface NodeParts extends Partial<NodeHost> {
  readonly steps?: readonly ProcessorStep[];
  readonly children?: readonly RouteNode[];
}

function nodeOf(path: string, backend: object, { steps = [], children = [], ...others }: NodeParts = {}): RouteNode {
  const { notices, processing } = parts;
  const place = `backends.${path}`;
  const ledger = new NodeLedger(path);
  return new RouteNode(path, backend, steps, children, { place, ledger, notices, processing, ...others });
}

const branch = (path: string, ...children: RouteNode[]): RouteNode => nodeOf(path, new RoutingBackend(), { children });

const step = (run: (envelope: Envelope) => Envelope | DropReason | Buried): ProcessorStep => ({ place: 'step', run });

describe('RouteNode', () => {
  it('passes an event to its backend, and counts it', () => {
    const sink = new RecordingSink();
    const node = nodeOf('a', sink);
    node.receive(envelopeOf('e'), undefined);
    expect(sink.names).toEqual(['e']);
    expect(node.counts()).toMatchObject({ path: 'a', received: 1, passed: 1, dropped: {} });
  });

  it('passes an event to its children in order, after its own steps', () => {
    const order: string[] = [];
    const child = (name: string): RouteNode => nodeOf(name, { send: () => void order.push(name) });
    const node = nodeOf('r', new RoutingBackend(), {
      steps: [step((envelope) => (order.push('step'), envelope))],
      children: [child('a'), child('b')],
    });
    node.receive(envelopeOf('e'), undefined);
    expect(order).toEqual(['step', 'a', 'b']);
  });

  it('gives each backend of an application a copy of its own', () => {
    const received: TrackingEvent[] = [];
    const application = {
      send: (event: TrackingEvent) => {
        received.push(event);
        event.data['changed'] = true;
      },
    };
    const later = { send: (event: TrackingEvent) => void received.push(event) };
    branch('r', nodeOf('a', application), nodeOf('b', later)).receive(envelopeOf('e', { x: 1 }), undefined);
    expect(received[0]).not.toBe(received[1]);
    expect(received[1]?.data).toEqual({ x: 1 });
  });

  it('passes on what a step returns', () => {
    const sink = new RecordingSink();
    nodeOf('a', sink, { steps: [step((envelope) => envelope.renamed('other'))] }).receive(envelopeOf('e'), undefined);
    expect(sink.names).toEqual(['other']);
  });

  it('stops at the first step that drops the event, and counts the reason', () => {
    const sink = new RecordingSink();
    const later = jest.fn((envelope: Envelope) => envelope);
    const node = nodeOf('a', sink, { steps: [step(() => 'filtered'), step(later)] });
    node.receive(envelopeOf('e'), undefined);
    expect(later).not.toHaveBeenCalled();
    expect(sink.names).toEqual([]);
    expect(node.counts()).toMatchObject({ received: 1, passed: 0, dropped: { filtered: 1 } });
    expect(parts.warnings).toEqual([]);
  });

  it('counts an event as failed that a step would keep as a dead letter, since it has no queue', () => {
    const node = nodeOf('a', new RecordingSink(), { steps: [step(() => new Buried('x'))] });
    node.receive(envelopeOf('e'), undefined);
    expect(node.counts().dropped).toEqual({ 'processor-failed': 1 });
  });

  it('counts the reason for which a backend drops an event, and logs a loss once', () => {
    const sink = new RecordingSink();
    sink.refuses = 'too-large';
    const node = nodeOf('a', sink);
    node.receive(envelopeOf('e'), undefined);
    node.receive(envelopeOf('e'), undefined);
    expect(node.counts().dropped).toEqual({ 'too-large': 2 });
    expect(parts.warnings).toEqual([expect.stringMatching(/^backends\.a drops events: 'too-large'\..* Fix: /)]);
  });

  it('keeps an event from one child only if that child fails, and logs the failure once', () => {
    const sink = new RecordingSink();
    const failing = {
      send: () => {
        throw new Error('no disk');
      },
    };
    const bad = nodeOf('bad', failing);
    const node = branch('r', bad, nodeOf('good', sink));
    node.receive(envelopeOf('e1'), undefined);
    node.receive(envelopeOf('e2'), undefined);
    expect(sink.names).toEqual(['e1', 'e2']);
    expect(bad.counts()).toMatchObject({ received: 2, passed: 0, dropped: { 'backend-failed': 2 } });
    expect(parts.warnings.filter((each) => each.includes('no disk'))).toHaveLength(1);
  });

  it('refuses a promise from send, and handles its rejection', async () => {
    const node = nodeOf('a', { send: () => Promise.reject(new Error('late')) });
    node.receive(envelopeOf('e'), undefined);
    expect(node.counts().dropped).toEqual({ 'async-backend': 1 });
    await Promise.resolve(); // an unhandled rejection would fail the test
  });

  it('drops events while it has no children, with the reason for that', () => {
    const node = branch('r');
    node.receive(envelopeOf('e'), undefined);
    node.reasonWithoutChildren = 'switched-off';
    node.receive(envelopeOf('e'), undefined);
    expect(node.counts().dropped).toEqual({ 'no-backend': 1, 'switched-off': 1 });
  });

  it('derives the ids of events that a backend of an application emits from the event it has', () => {
    const ids: (string | undefined)[] = [];
    const application = { send: () => void ids.push(parts.processing.origin('other')?.parentId) };
    nodeOf('a', application).receive(envelopeOf('e', {}, 'first'), undefined);
    expect(ids).toEqual(['first']);
    expect(parts.processing.origin('other')).toBeUndefined();
  });

  it('gives the sink the events instead of the backend, with its place', () => {
    const sink = Object.assign(new RecordingSink(), { attach: jest.fn() });
    const backend = { sendBatch: jest.fn() };
    const node = nodeOf('a', backend, { sink });
    node.receive(envelopeOf('e'), undefined);
    expect(sink.names).toEqual(['e']);
    expect(sink.attach).toHaveBeenCalledWith('backends.a', parts.notices);
    expect(node.sink).toBe(sink);
  });

  it('counts an event as overflowed if the stack ends below it', () => {
    const node = nodeOf('a', new RecordingSink());
    node.ledger.drop = () => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    node.steps.push(step(() => 'filtered'));
    node.receive(envelopeOf('e'), undefined);
    expect(node.counts()).toMatchObject({ received: 1, passed: 0, dropped: { 'emit-failed': 1 } });
    expect(parts.processing.hasOverflowed).toBe(true);
  });

  it('counts an event for a child that could not be entered, and gives it to the next one', () => {
    const sink = new RecordingSink();
    const bad = nodeOf('bad', new RecordingSink());
    bad.receive = () => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    branch('r', bad, nodeOf('good', sink)).receive(envelopeOf('e'), undefined);
    expect(bad.counts()).toMatchObject({ received: 1, dropped: { 'emit-failed': 1 } });
    expect(sink.names).toEqual(['e']);
    expect(parts.processing.hasOverflowed).toBe(true);
  });

  describe('when the caller asks for the outcome', () => {
    it('reports a drop by the configuration as filtered at every end below it', async () => {
      const confirmation = new Confirmation();
      const node = nodeOf('r', new RoutingBackend(), {
        steps: [step(() => 'filtered')],
        children: [nodeOf('a', new RecordingSink()), branch('b', nodeOf('b/c', new RecordingSink()))],
      });
      node.receive(envelopeOf('e'), confirmation);
      await confirmation.settled();
      expect(confirmation.table()).toEqual({ a: 'filtered', 'b/c': 'filtered' });
    });

    it('reports a loss as dropped', async () => {
      const confirmation = new Confirmation();
      const sink = new RecordingSink();
      sink.refuses = 'full';
      nodeOf('a', sink).receive(envelopeOf('e'), confirmation);
      await confirmation.settled();
      expect(confirmation.table()).toEqual({ a: 'dropped' });
    });

    it('reports an event that a backend of an application has taken as delivered', async () => {
      const confirmation = new Confirmation();
      nodeOf('a', { send: () => undefined }).receive(envelopeOf('e'), confirmation);
      await confirmation.settled();
      expect(confirmation.table()).toEqual({ a: 'delivered' });
    });

    it('keeps the error that lost the event at the end of the stack', () => {
      const confirmation = new Confirmation();
      const error = new RangeError('Maximum call stack size exceeded');
      const bad = nodeOf('bad', new RecordingSink());
      bad.receive = () => {
        throw error;
      };
      branch('r', bad).receive(envelopeOf('e'), confirmation);
      expect(confirmation.failure).toEqual({ error });
    });
  });

  describe('as part of a tree', () => {
    it('places a new child last, and a child with a known name in the place of the old one', () => {
      const [a, b, c, other] = ['a', 'b', 'c', 'a'].map((name) => nodeOf(name, new RecordingSink()));
      const root = branch('', a!, b!);
      expect(root.place(c!)).toBeUndefined();
      expect(root.place(other!)).toBe(a);
      expect(root.children).toEqual([other, b, c]);
    });

    it('yields itself and the nodes below it, parents first', () => {
      const root = branch('r', branch('a', nodeOf('a/b', {})), nodeOf('c', {}));
      expect([...root.all()].map(({ path }) => path)).toEqual(['r', 'a', 'a/b', 'c']);
    });

    it('yields the ends that an event reaches, and stops at a queue', () => {
      const queued = queuedNode('q', [nodeOf('q/a', new RecordingSink())]);
      const root = branch('r', queued, branch('empty'), branch('b', nodeOf('b/c', new RecordingSink())));
      expect([...root.reached()].map(({ path }) => path)).toEqual(['q', 'empty', 'b/c']);
    });

    it('returns the sinks that its children lead to, without those of an application', () => {
      const [first, second] = [new RecordingSink(), new RecordingSink()];
      const application = nodeOf('x', { send: () => undefined });
      expect(branch('r', nodeOf('a', first), branch('b', nodeOf('b/c', second)), application).childSinks()).toEqual([
        first,
        second,
      ]);
    });

    it('puts an event into its queue, not to its children', () => {
      const [queue, child] = [new RecordingSink(), new RecordingSink()];
      const node = queuedNode('q', [nodeOf('q/a', child)], queue);
      node.receive(envelopeOf('e'), undefined);
      expect(queue.names).toEqual(['e']);
      expect(child.names).toEqual([]);
    });

    it('counts what is behind its queue, and the queue itself if it can be asked', () => {
      const counts = { waiting: 3 };
      expect(queuedNode('q', []).counts()).toEqual(expect.objectContaining({ work: { received: 7 } }));
      expect(queuedNode('q', []).counts()).not.toHaveProperty('queue');
      expect(queuedNode('q', [], undefined, { counts: () => counts as never }).counts()).toMatchObject({
        queue: counts,
      });
    });
  });
});

function queuedNode(
  path: string,
  children: RouteNode[],
  sink = new RecordingSink(),
  queue: Partial<NodeQueue> = {},
): RouteNode {
  const backend = Object.assign(new RoutingBackend(), { queue }) as unknown as QueuedBackend;
  const work = { counts: () => ({ received: 7 }) } as unknown as NodeWork;
  return nodeOf(path, backend, { children, sink, queued: { backend, work } });
}
