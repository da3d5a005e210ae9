import { Envelope, OwnContext } from '../../src/event/envelope';
import { NodeLedger } from '../../src/ledger/node-ledger';
import { EmbeddedQueue } from '../../src/queues/embedded-queue';
import { createQueuedNode, type NodeWithCarrier } from '../../src/queues/queued-node';
import type { CarrierHost } from '../../src/queues/event-carrier';
import type { QueuedNodeHost, QueuedNodeParts } from '../../src/routing/queued-backend';
import { runSteps } from '../../src/routing/run-steps';
import type { BuiltProcessor, StepSettings } from '../../src/routing/tree-plan';
import { envelopeOf, normalizer, treeParts, type TreeParts } from '../routing/tree-parts';
import { RecordingChildren, workItem } from './work-parts';

const SETTINGS: StepSettings = { onError: 'skip', timeoutMs: 1000, concurrency: 10 };

let parts: TreeParts;
let attached: CarrierHost | undefined;
let letters: unknown[][];

beforeEach(() => {
  parts = treeParts();
  attached = undefined;
  letters = [];
});

class ObservedQueue extends EmbeddedQueue {
  override attach(host: CarrierHost): void {
    super.attach(host);
    attached = host;
  }
}

/** Processor given as a function that adds a letter to the name of an event. */
function adds(letter: string): BuiltProcessor {
  const instance = (event: { name: string }): void => void (event.name += letter);
  return { place: `processors ${letter}`, type: instance, settings: SETTINGS, instance };
}

/** Processor that decides by the name alone. */
function filter(unwanted: string): BuiltProcessor {
  const instance = { keepsName: (name: string) => name !== unwanted, process: () => undefined };
  return {
    place: 'a filter',
    type: class {
      process(): void {}
    },
    settings: SETTINGS,
    instance,
  };
}

class Lookup {
  async processAsync(event: { name: string }): Promise<void> {
    await Promise.resolve();
    event.name += '+';
  }
}

const lookup: BuiltProcessor = { place: 'a lookup', type: Lookup, settings: SETTINGS, instance: new Lookup() };

function create(
  processIn: NodeWithCarrier['processIn'],
  processors: readonly BuiltProcessor[],
  keepsName: (name: string) => boolean = () => true,
  queue: EmbeddedQueue = new ObservedQueue(false),
): QueuedNodeParts {
  const { notices, processing, scopes } = parts;
  const host: QueuedNodeHost = {
    ...{ place: 'backends.q', path: 'q', tracker: 'default', processors, notices, processing, scopes, normalizer },
    ledger: new NodeLedger('q'),
    keepLetter: (...letter) => void letters.push(letter),
  };
  return createQueuedNode({ queue, processIn, keepsName }, host);
}

const before = ({ steps }: QueuedNodeParts, name: string): string => {
  const result = runSteps(steps, envelopeOf(name));
  return typeof result === 'string' ? `dropped: ${result}` : (result as { name: string }).name;
};

async function behind({ work, attach }: QueuedNodeParts, name: string): Promise<string[]> {
  const children = new RecordingChildren();
  attach(children);
  await work.run([workItem(envelopeOf(name))], () => undefined);
  return children.names;
}

describe('createQueuedNode', () => {
  it('runs the processors behind the queue, if they run in the worker', async () => {
    const node = create('worker', [adds('x'), adds('y')]);
    expect(before(node, 'e')).toBe('e');
    await expect(behind(node, 'e')).resolves.toEqual(['exy']);
  });

  it('runs filters of the name that come first before the queue too, and none that come later', async () => {
    const node = create('worker', [filter('a'), adds('x'), filter('b')]);
    expect(before(node, 'a')).toBe('dropped: filtered');
    expect(before(node, 'b')).toBe('b');
    await expect(behind(node, 'a')).resolves.toEqual([]);
  });

  it('runs every filter before the queue, if there are no other processors', () => {
    const node = create('worker', [filter('a'), filter('b')]);
    expect(['a', 'b', 'c'].map((name) => before(node, name))).toEqual(['dropped: filtered', 'dropped: filtered', 'c']);
  });

  it('runs the processors only before the queue, if they run in the emitter', async () => {
    const node = create('emitter', [adds('x')]);
    expect(before(node, 'e')).toBe('ex');
    await expect(behind(node, 'e')).resolves.toEqual(['e']);
  });

  it('runs the processors on both sides of a bus', async () => {
    const node = create('both', [adds('x')]);
    expect(before(node, 'e')).toBe('ex');
    await expect(behind(node, 'e')).resolves.toEqual(['ex']);
  });

  it.each(['worker', 'emitter', 'both'] as const)(
    'drops events before the queue that are not wanted (%s)',
    (processIn) => {
      const node = create(processIn, [], (name) => name === 'a');
      expect(before(node, 'a')).toBe('a');
      expect(before(node, 'b')).toBe('dropped: filtered');
    },
  );

  it.each(['worker', 'emitter'] as const)(
    'holds the text of each event for a carrier that sends text (%s)',
    (processIn) => {
      class TextQueue extends ObservedQueue {
        readonly sendsText = true;
      }
      const hasText = (queue: EmbeddedQueue): boolean => {
        const node = create(processIn, [filter('a')], undefined, queue);
        const context = new OwnContext({});
        const emitted = { id: 'i', name: 'e', time: 0, context, depth: 0, parentId: undefined, data: { a: 1 } };
        return (runSteps(node.steps, Envelope.of(emitted, normalizer)) as Envelope).hasNoDates;
      };
      expect([hasText(new TextQueue(false)), hasText(new ObservedQueue(false))]).toEqual([true, false]);
      expect(before(create(processIn, [filter('a')], undefined, new TextQueue(false)), 'a')).toBe('dropped: filtered');
    },
  );

  it('drops an event if the condition of the backend fails', () => {
    const node = create('worker', [], () => {
      throw new Error('no condition');
    });
    expect(before(node, 'a')).toBe('dropped: processor-failed');
    expect(parts.warnings).toEqual([expect.stringContaining('backends.q failed: Error: no condition')]);
  });

  it('runs processors that wait behind the queue', async () => {
    await expect(behind(create('worker', [lookup, adds('x')]), 'e')).resolves.toEqual(['e+x']);
  });

  it('refuses processors that wait inside of emit', () => {
    expect(() => create('emitter', [adds('x'), lookup])).toThrow(
      /a lookup: it is an AsyncProcessor, which waits, while processIn is 'emitter'.*\n.*Fix: processIn: 'worker'/,
    );
    expect(attached).toBeUndefined();
  });

  it('counts a processor that fails before the queue and one that fails behind it apart', async () => {
    const fails: BuiltProcessor = {
      ...adds('x'),
      place: 'p',
      instance: () => {
        throw new Error('no');
      },
    };
    const node = create('both', [fails]);
    before(node, 'e');
    await behind(node, 'e');
    expect(node.work.counts()).toMatchObject({ failures: { p: 1 } });
  });

  it('gives the carrier its place and ways to report, with the place in each line', () => {
    create('worker', []);
    expect(attached).toMatchObject({ place: 'backends.q', path: 'q', tracker: 'default' });
    attached?.warn('first');
    attached?.warnOnce('key', 'second');
    attached?.warnOnce('key', 'third');
    expect(parts.warnings).toEqual(['backends.q: first', 'backends.q: second']);
  });

  it('keeps dead letters of the node under its path, and those of the carrier where it says', async () => {
    const fails: BuiltProcessor = {
      ...adds('x'),
      settings: { ...SETTINGS, onError: 'dead-letter' },
      instance: () => {
        throw new Error('no');
      },
    };
    await behind(create('worker', [fails]), 'e');
    expect(letters).toEqual([
      ['q', expect.objectContaining({ name: 'e' }), expect.stringContaining('processor-failed'), expect.anything()],
    ]);
    const event = envelopeOf('e').stored();
    attached?.keepLetter('other', event, 'why', {});
    expect(letters[1]).toEqual(['other', event, 'why', {}]);
  });
});
