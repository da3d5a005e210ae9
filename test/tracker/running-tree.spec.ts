import { NodeLedger } from '../../src/ledger/node-ledger';
import { Processing } from '../../src/routing/processing';
import type { EnvelopeBackend } from '../../src/routing/contracts';
import { RouteNode, type QueuedPart } from '../../src/routing/route-node';
import { RoutingBackend } from '../../src/routing/routing.backend';
import { RunningTree } from '../../src/tracker/running-tree';
import { LogLines } from './bare-runtime';

interface Shape {
  readonly children?: readonly RouteNode[];
  readonly sink?: EnvelopeBackend;
  readonly queue?: 'local' | 'outside';
}

const { notices } = new LogLines();
const processing = new Processing();

function node(path: string, { children = [], sink, queue }: Shape = {}): RouteNode {
  const ledger = new NodeLedger(path);
  const backend = sink === undefined || queue !== undefined ? new RoutingBackend() : sink;
  const queued = queue && queuedPart(queue);
  return new RouteNode(path.split('/').at(-1) ?? '', backend, [], children, {
    ...{ place: `backends.${path}`, ledger, notices, processing, sink, queued },
  });
}

function queuedPart(queue: 'local' | 'outside'): QueuedPart {
  const counts = { received: 0 };
  return {
    backend: { queue: { isLocal: queue === 'local' } },
    work: { counts: () => counts },
  } as unknown as QueuedPart;
}

const sink = (more: Partial<EnvelopeBackend> = {}): EnvelopeBackend => ({ accept: () => undefined, ...more });

function tree(...children: RouteNode[]): RunningTree {
  return new RunningTree(node('', { children }));
}

const paths = (nodes: Iterable<RouteNode>): string[] => [...nodes].map(({ path }) => path);

describe('RunningTree', () => {
  it('lists the backends in the order in which they receive, without the root', () => {
    const running = tree(node('a', { children: [node('a/x'), node('a/y')] }), node('b'));
    expect(paths(running.nodes())).toEqual(['a', 'a/x', 'a/y', 'b']);
  });

  it('adds a backend after the others', () => {
    const running = tree(node('a'));
    running.place(node('b'));
    expect(paths(running.nodes())).toEqual(['a', 'b']);
  });

  it('puts a backend in the place of the one with the same name, which still writes its events', () => {
    const [old, below, other] = [sink(), sink(), sink()];
    const running = tree(
      node('a', { sink: old, children: [node('a/x', { sink: below })] }),
      node('b', { sink: other }),
    );
    running.place(node('a'));
    expect(paths(running.nodes())).toEqual(['a', 'b']);
    expect(running.writers()).toEqual([other, old, below]);
  });

  it('counts replaced backends last, unless they have received nothing', () => {
    const [used, unused] = [node('a', { sink: sink() }), node('b', { sink: sink() })];
    const running = tree(used, unused);
    used.ledger.received = 2;
    running.place(node('a'));
    running.place(node('b'));
    expect(running.counts().map(({ path, received }) => [path, received])).toEqual([
      ['', 0],
      ['a', 0],
      ['b', 0],
      ['a (replaced)', 2],
    ]);
  });

  it('lists the queues from the top, and which of them end in this process', () => {
    const [first, second] = [sink(), sink()];
    const running = tree(
      node('a', { sink: first, queue: 'outside', children: [node('a/x', { sink: second, queue: 'local' })] }),
    );
    expect(running.queues().map((queue) => queue.sink)).toEqual([first, second]);
    expect(running.localQueues().map((queue) => queue.sink)).toEqual([second]);
  });

  it('tells the writers apart from the deliveries before queues', () => {
    const [queue, writer] = [sink(), sink()];
    const running = tree(node('a', { sink: queue, queue: 'local' }), node('b', { sink: writer }));
    expect(running.writers()).toEqual([queue, writer]);
    expect(running.writersBeside(running.localQueues())).toEqual([writer]);
  });

  it('names each option that makes backends hold no events once', () => {
    const option = { holdsEvents: true, optionToHoldNone: 'sync: true' };
    const running = tree(
      node('a', { sink: sink(option) }),
      node('b', { sink: sink(option) }),
      node('c', { sink: sink({ ...option, holdsEvents: false, optionToHoldNone: 'durable: true' }) }),
      node('d', { sink: sink({ holdsEvents: true }) }),
    );
    expect(running.optionsToHoldNone()).toEqual(['sync: true', 'no option']);
  });

  it('flushes every writer, even if one of them fails', async () => {
    const flushed: string[] = [];
    const running = tree(
      node('a', { sink: sink({ flush: () => Promise.reject(new Error('disk full')) }) }),
      node('b', { sink: sink({ flush: () => Promise.resolve(void flushed.push('b')) }) }),
    );
    await running.flush();
    expect(flushed).toEqual(['b']);
  });
});
