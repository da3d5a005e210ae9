import { Envelope, OwnContext } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import type { ReplacedListener } from '../../src/event/replaced-value';
import type { IdentifiedEvent, TrackingEvent } from '../../src/event/tracking-event';
import { DEFAULT_LIMITS } from '../../src/event/value-limits';

const TIME = Date.UTC(2026, 0, 2);
const replaced: string[] = [];
const listener: ReplacedListener = {
  count: (kind) => replaced.push(kind),
  report: () => true,
};
const normalizer = new Normalizer({ ...DEFAULT_LIMITS, maxNameLength: 20 }, listener);
beforeEach(() => {
  replaced.length = 0;
});

function emitted(data: unknown = { n: 1 }, context: object = { user: 7 }): Envelope {
  const facts = { id: 'id-1', name: 'e', time: TIME, depth: 2, parentId: 'id-0' };
  return Envelope.of({ ...facts, context: new OwnContext({ ...context }), data }, normalizer);
}

function storedEvent(changes: object = {}): IdentifiedEvent {
  return { name: 'e', timestamp: new Date(TIME), id: 'id-1', context: { user: 7 }, data: { n: 1 }, ...changes };
}

function carried(changes: object = {}): Envelope {
  return Envelope.carried(storedEvent(changes), { depth: 2, parentId: 'id-0' }, normalizer);
}

/** Each way to the same event, in each of the states of a version. */
const sameEvents: [way: string, make: () => Envelope][] = [
  ['in parts, emitted', () => emitted()],
  ['in parts, from a queue', () => carried()],
  ['in parts, with its event', () => touched(emitted())],
  ['in parts, held', () => emitted().hold()],
  ['in parts, written', () => written(emitted())],
  ['in parts, as a processor returned it', () => emitted().with({ ...emitted().event })],
  ['in parts, with its data replaced', () => emitted({ n: 0 }).withData({ n: 1 })],
  ['in parts, renamed', () => emitted().renamed('other').renamed('e')],
  ['in parts, in another context', () => emitted({ n: 1 }, {}).inContext(new OwnContext({ user: 7 }))],
  ['whole, as shipped code left it', () => emitted().changed(emitted().event)],
  ['whole, as a processor returned it', () => emitted({ n: 1 }, {}).with({ ...emitted().event, context: { user: 7 } })],
  [
    'whole, with its data replaced',
    () =>
      emitted()
        .changed({ ...emitted().event, data: {} })
        .withData({ n: 1 }),
  ],
  [
    'whole, renamed',
    () =>
      emitted()
        .changed({ ...emitted().event, name: 'other' })
        .renamed('e'),
  ],
  [
    'whole, in another context',
    () =>
      emitted()
        .changed({ ...emitted().event, context: {} })
        .inContext(new OwnContext({ user: 7 })),
  ],
];

function touched(envelope: Envelope): Envelope {
  expect(envelope.event).toBeDefined();
  return envelope;
}

function written(envelope: Envelope): Envelope {
  envelope.text();
  return envelope;
}

const LINE = '{"name":"e","timestamp":"2026-01-02T00:00:00.000Z","id":"id-1","context":{"user":7},"data":{"n":1}}';

describe.each(sameEvents)('Envelope: %s', (_way, make) => {
  it('has the same event, text and size', () => {
    const envelope = make();
    expect(envelope.text()).toBe(LINE);
    expect(envelope.bytes()).toBe(LINE.length);
    expect(envelope.event).toEqual({ name: 'e', timestamp: new Date(TIME), context: { user: 7 }, data: { n: 1 } });
    expect(envelope.text()).toBe(LINE);
    expect(envelope).toMatchObject({ id: 'id-1', name: 'e', depth: 2, parentId: 'id-0', hasAddedFields: false });
    expect(envelope.timestampMs).toBe(TIME);
  });

  it('has the same parts without its event', () => {
    expect(make().data).toEqual({ n: 1 });
    expect(make().dataToRead()).toEqual({ n: 1 });
    expect(make().dataText()).toBe('{"n":1}');
    expect(make().timestampMs).toBe(TIME);
    expect(make().context?.values).toEqual({ user: 7 });
    expect(Math.abs(make().estimatedLength() - LINE.length)).toBeLessThan(60);
  });

  it('is stored with its id, in the order of a line', () => {
    expect(JSON.stringify(make().stored())).toBe(LINE);
    expect(JSON.stringify(make().sharedStored())).toBe(LINE);
    expect(JSON.stringify(touched(make()).sharedStored())).toBe(LINE);
  });

  it('gives a copy that is changed without an effect on the version', () => {
    const envelope = make();
    const copy = envelope.copy();
    copy.name = 'changed';
    copy.data['n'] = 2;
    copy.context['user'] = 8;
    (envelope.stored().data as Record<string, unknown>)['n'] = 3;
    expect(envelope.text()).toBe(LINE);
  });

  it('leads to every next version, and stays what it is', () => {
    const envelope = make();
    expect(envelope.renamed('other').text()).toBe(LINE.replace('"e"', '"other"'));
    expect(envelope.withData({ n: 2 }).text()).toBe(LINE.replace('"n":1', '"n":2'));
    expect(envelope.inContext(new OwnContext({})).text()).toBe(LINE.replace('"user":7', ''));
    expect(envelope.with({ ...envelope.event, data: { n: 2 } }).text()).toBe(LINE.replace('"n":1', '"n":2'));
    expect(envelope.with({ ...envelope.event, more: 1 }).text()).toBe(LINE.replace(/}$/, ',"more":1}'));
    expect(envelope.changed({ ...envelope.event, name: 'other' }).text()).toBe(LINE.replace('"e"', '"other"'));
    expect(envelope.changed({ ...envelope.event, name: 'other' }).name).toBe('other');
    expect(envelope.changed({ ...envelope.event, timestamp: new Date(5) }).timestampMs).toBe(5);
    expect(envelope.with({ ...envelope.event, timestamp: 'noon' }).timestampMs).toBeNaN();
    for (const next of [envelope.renamed('other'), envelope.withData({}), envelope.inContext(new OwnContext({}))])
      expect(next).toMatchObject({ id: 'id-1', depth: 2, parentId: 'id-0' });
    expect(envelope.text()).toBe(LINE);
  });
});

describe('Envelope: what it costs', () => {
  /** Data whose fields count how often they are read. */
  function counted(): { readonly data: object; reads(): number } {
    let reads = 0;
    return {
      data: {
        get n() {
          reads++;
          return 1;
        },
      },
      reads: () => reads,
    };
  }

  it('is no read of the data for a name, a context, a new name and a new context', () => {
    const { data, reads } = counted();
    const envelope = emitted(data);
    expect(envelope.name).toBeDefined();
    expect(envelope.context).toBeDefined();
    envelope.renamed('other').inContext(new OwnContext({}));
    expect(reads()).toBe(0);
  });

  it('is one walk for all versions with the same data', () => {
    const { data, reads } = counted();
    const envelope = emitted(data);
    const others = [envelope.renamed('other'), envelope.inContext(new OwnContext({}))];
    others[0]!.text();
    const first = reads();
    for (const one of [envelope, ...others]) {
      one.text();
      expect(one.event).toBeDefined();
    }
    expect(reads()).toBe(first);
    expect(others[0]!.event.data).toBe(others[1]!.event.data);
  });

  it('is one text for each version', () => {
    const envelope = emitted();
    expect(envelope.text()).toBe(envelope.text());
    expect(envelope.event).toBe(envelope.event);
  });

  it('is no new event for an event of a queue that is passed on', () => {
    const read = storedEvent();
    const envelope = Envelope.carried(read, {}, normalizer);
    expect(envelope.sharedStored()).toBe(read);
    expect(envelope.renamed('other').sharedStored()).not.toBe(read);
  });
});

describe('Envelope.with', () => {
  const seen = (change: (event: TrackingEvent) => object): TrackingEvent => {
    const envelope = emitted();
    return envelope.with(change(envelope.copy())).event;
  };

  it('reads the data of a usual result only when it is needed, at the latest on hold', () => {
    const envelope = emitted();
    const result = envelope.copy();
    const lazy = envelope.with(result);
    result.data['n'] = 2;
    expect(lazy.data).toEqual({ n: 2 });
    const held = envelope.with(result).hold();
    result.data['n'] = 3;
    expect(held.data).toEqual({ n: 2 });
  });

  it.each<[what: string, change: (event: TrackingEvent) => object, expected: object]>([
    ['an added field', (event) => ({ ...event, more: 1 }), { more: 1 }],
    ['a removed field', ({ data: _, ...event }) => event, { data: { n: 1 } }],
    ['another context', (event) => ({ ...event, context: { user: 8 } }), { context: { user: 8 } }],
    ['a context that cannot be read', (event) => ({ ...event, context: revoked() }), { name: 'e' }],
    ['an empty name', (event) => ({ ...event, name: '' }), { name: 'unknown' }],
    ['a name that is no string', (event) => ({ ...event, name: 5 }), { name: '5' }],
    ['a timestamp that is no Date', (event) => ({ ...event, timestamp: 'now' }), { timestamp: 'now' }],
    ['an invalid timestamp', (event) => ({ ...event, timestamp: new Date(NaN) }), { timestamp: new Date(TIME) }],
    ['undefined data', (event) => ({ ...event, data: undefined }), { data: { n: 1 } }],
    ['falsy data', (event) => ({ ...event, data: 0 }), { data: 0 }],
    ['another timestamp', (event) => ({ ...event, timestamp: new Date(0) }), { timestamp: new Date(0) }],
    ['another name', (event) => ({ ...event, name: 'other' }), { name: 'other' }],
  ])('accepts %s', (_what, change, expected) => {
    expect(seen(change)).toMatchObject(expected);
  });

  it('cuts a name that is too long', () => {
    const envelope = emitted();
    expect(envelope.with({ ...envelope.event, name: 'n'.repeat(21) }).name).toHaveLength(20);
    expect(replaced).toEqual(['too-long']);
  });

  function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
});

describe('Envelope.carried', () => {
  it.each<[what: string, changes: object]>([
    ['an added field', { more: 1 }],
    ['a timestamp that is no Date', { timestamp: 'then' }],
    ['a context without fields', { context: 'none' }],
    ['data without fields', { data: [1] }],
    ['null for data', { data: null }],
  ])('keeps %s', (_what, changes) => {
    const envelope = carried(changes);
    expect(envelope.stored()).toEqual(storedEvent(changes));
    expect(JSON.parse(envelope.text())).toEqual(JSON.parse(JSON.stringify(storedEvent(changes))));
  });

  it('knows the length that the queue kept, until the text is made', () => {
    const envelope = Envelope.carried(storedEvent(), { length: 5000 }, normalizer);
    expect(envelope.estimatedLength()).toBe(5000);
    envelope.text();
    expect(envelope.estimatedLength()).toBe(LINE.length);
  });

  it('is an event of the application unless the queue says otherwise, and cuts its name', () => {
    const envelope = Envelope.carried(storedEvent({ name: 'n'.repeat(30) }), {}, normalizer);
    expect(envelope).toMatchObject({ depth: 0, parentId: undefined });
    expect(envelope.stored().name).toHaveLength(20);
    expect(envelope.sharedStored().name).toHaveLength(20);
  });
});

describe('Envelope: helpers of processors', () => {
  it('bring values to normal form', () => {
    expect(emitted().normalForm('data', [1])).toEqual([1]);
    expect(emitted().normalForm('context', { a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(emitted().normalForm('context', [1])).toBeUndefined();
  });

  it('count replaced values', () => {
    emitted().reportReplaced('too-many', 3);
    expect(replaced).toEqual(['too-many', 'too-many', 'too-many']);
  });
});
