import { backend, MemoryBackend, NameAllowlist, processor, RoutingBackend } from '../../src/entries';
import type { ProcessorEntry } from '../../src/entries/types';
import { AddContext } from '../../src/processors/add-context';
import { Dedupe } from '../../src/processors/dedupe';
import { DropFields } from '../../src/processors/drop-fields';
import { Enrich } from '../../src/processors/enrich';
import { RateLimit } from '../../src/processors/rate-limit';
import { Redact } from '../../src/processors/redact';
import { RenameEvent } from '../../src/processors/rename-event';
import { Sample } from '../../src/processors/sample';
import { startTracking } from '../support/start-tracking';

/** Data that tells how often it was read. */
function counted(): { data: object; reads: () => number } {
  let reads = 0;
  const data = {
    get email() {
      reads++;
      return 'ada@example.org';
    },
    id: 1,
  };
  return { data, reads: () => reads };
}

const all = {
  redact: processor(Redact, { paths: ['data.email'], keys: ['password'], when: () => false }),
  drop: processor(DropFields, { paths: ['data.email'] }),
  rename: processor(RenameEvent, { names: { e: 'renamed' } }),
  add: processor(AddContext, { values: { release: 1 } }),
  addMade: processor(AddContext, { values: () => ({ release: 1 }) }),
  enrich: processor(Enrich, { key: 'data.id', lookup: () => ({ known: true }), into: 'data' }),
  sample: processor(Sample, { defaultRate: 0.9999999, by: 'data.id', writeShare: true }),
  limit: processor(RateLimit, { perSecond: 1000, by: 'data.id' }),
  dedupe: processor(Dedupe, { withinMs: 1000 }),
};

describe('Shipped processors', () => {
  it('share the event: however many there are in however many branches, its data is read once', async () => {
    const { data, reads } = counted();
    const branch = backend(MemoryBackend, {}, { processors: Object.values(all) });
    const run = await startTracking({ backends: { a: branch, b: branch, c: backend(MemoryBackend) } });
    run.tracker.emit('e', data);

    expect([run.names('a'), run.names('b'), run.names('c')]).toEqual([['renamed'], ['renamed'], ['e']]);
    expect(run.last('a')).toMatchObject({
      context: { release: 1, sample_rate: 0.9999999 },
      data: { id: 1, known: true },
    });
    expect(run.last('c').data).toEqual({ email: 'ada@example.org', id: 1 });
    expect(reads()).toBe(1);
  });

  it('give on what they change to those after them, in the order of the list', async () => {
    const list: ProcessorEntry[] = [
      processor(AddContext, { values: { a: 1, secret: 1 } }),
      processor(RenameEvent, { names: { e: 'f' } }),
      processor(Redact, { keys: ['secret'] }),
      processor(AddContext, { values: { b: 2, secret: 2 } }),
      processor(DropFields, { paths: ['context.a', 'data.x'] }),
      (event) => void (event.data['y'] = Object.keys(event.context).join()),
      processor(AddContext, { values: ({ name }) => ({ c: name }) }),
      processor(Enrich, { key: 'context.c', lookup: (name: string) => ({ d: `${name}!` }), into: 'data' }),
      processor(RenameEvent, { names: { f: 'g' } }),
    ];
    const run = await startTracking({ processors: list, backends: { sink: backend(MemoryBackend) } });
    run.tracker.emit('e', { x: 1 });

    expect(run.last()).toMatchObject({
      name: 'g',
      context: { secret: '[redacted]', b: 2, c: 'f' },
      data: { y: 'secret,b', d: 'f!' },
    });
    expect(run.last().context).not.toHaveProperty('a');
    expect(run.last().data).not.toHaveProperty('x');
  });

  it.each<[string, ProcessorEntry]>([
    ['RenameEvent', all.rename],
    ['AddContext', all.add],
    ['Sample by the context', processor(Sample, { defaultRate: 0.9999999, by: 'context.user_id', writeShare: true })],
    ['RateLimit by the context', processor(RateLimit, { perSecond: 10, by: 'context.user_id' })],
    ['Redact of the context', processor(Redact, { paths: ['context.ip'] })],
    ['DropFields of the context', processor(DropFields, { paths: ['context.*'] })],
    ['Enrich by the context', processor(Enrich, { key: 'context.user_id', lookup: () => ({ a: 1 }) })],
  ])('read nothing of the data that they need not: %s', async (_name, entry) => {
    const { data, reads } = counted();
    const branch = backend(
      RoutingBackend,
      {},
      {
        processors: [entry],
        backends: {
          sink: backend(MemoryBackend, {}, { processors: [processor(NameAllowlist, { names: ['other'] })] }),
        },
      },
    );
    const run = await startTracking({ backends: { branch } });
    run.tracker.context({ user_id: 5, ip: '203.0.113.9' }, () => {
      run.tracker.emit('e', data);
    });

    expect(run.ledger.node('branch/sink')).toMatchObject({ received: 1, passed: 0 });
    expect(reads()).toBe(0);
  });

  it('see the value of the context that was entered last', async () => {
    const asked: unknown[] = [];
    const list = [
      processor(Enrich, { key: 'context.user_id', lookup: (id) => void asked.push(id) }),
      processor(AddContext, { values: { user_id: 0, more: true } }),
      processor(Redact, { paths: ['context.session'] }),
    ];
    const run = await startTracking({ processors: list, backends: { sink: backend(MemoryBackend) } });
    run.tracker.context({ user_id: 1, session: 'a' }, () => {
      run.tracker.enterContext('login', { user_id: 2 });
      run.tracker.enterContext('again', { user_id: 3, session: 'b' });
      run.tracker.emit('e');
    });

    expect(asked).toEqual([3]);
    expect(run.last().context).toEqual({ user_id: 3, session: '[redacted]', more: true });
  });

  it('can be called by hand, like any processor, and leave what they are given as it is', () => {
    const event = {
      name: 'e',
      timestamp: new Date(5),
      context: { a: 1 },
      data: { email: 'x', id: 1 },
      added: { email: 'y' },
    };
    const given = structuredClone(event);

    expect(new Redact({ keys: ['email'] }).process(event)).toEqual({
      ...given,
      data: { email: '[redacted]', id: 1 },
      added: { email: '[redacted]' },
    });
    expect(new AddContext({ values: { b: 2 } }).process(event)).toEqual({ ...given, context: { a: 1, b: 2 } });
    expect(new Sample({ defaultRate: 0 }).process(event)).toBeNull();
    expect(event).toEqual(given);
  });

  it('can be registered while the application runs', async () => {
    const run = await startTracking();
    run.tracker.registerProcessor(new Redact({ keys: ['email'] }));
    run.tracker.emit('e', { email: 'x' });

    expect(run.last().data).toEqual({ email: '[redacted]' });
  });
});
