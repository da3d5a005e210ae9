import { z } from 'zod';
import {
  backend,
  defineEvent,
  getTrackerToken,
  MemoryBackend,
  NameAllowlist,
  processor,
  Redact,
  type TrackerService,
  TrackingModule,
} from '../../src/entries';
import type { EventDetail, EventPage, ExplorerInfo, StreamMessage, TreeState } from '../../src/explorer/api';
import { Explorer } from '../../src/explorer/explorer';
import { until } from '../support/until';
import { readStream, Refusing, startExplorer } from './start-explorer';

const quick = { batch: { maxWaitMs: 1 } };

beforeEach(() => {
  Refusing.isDown = true;
});

describe('The API of the explorer', () => {
  it('waits for an event, for end-to-end tests', async () => {
    const { get, tracker } = await startExplorer();
    const waiting = get('api/wait?name=enrolled.*&timeoutMs=5000');
    tracker.emit('enrolled.now');
    expect(await waiting).toMatchObject({ timedOut: false, event: { name: 'enrolled.now' } });
    expect(await get('api/wait?name=enrolled.now')).toMatchObject({ timedOut: false });
    expect(await get('api/wait?name=never&timeoutMs=1')).toEqual({ timedOut: true });
  });

  it('describes the tree with its counters', async () => {
    const { get, tracker } = await startExplorer({
      tracking: {
        backends: { lrs: backend(Refusing, {}, { processors: [processor(Redact, { keys: ['x'] })], delivery: quick }) },
      },
    });
    tracker.emit('a');
    await tracker.flush();
    expect((await get<TreeState>('api/tree')).nodes).toMatchObject([
      { path: '', received: 1 },
      {
        ...{
          path: 'lrs',
          parent: '',
          kind: 'Refusing',
          received: 1,
          processors: ['backends.lrs.processors[0] (Redact)'],
        },
        delivery: { deadLetters: 1, breaker: 'closed', pending: 0 },
      },
    ]);
  });

  it('tells the events that were lost from those that were filtered, and how long a delivery took', async () => {
    const filter = processor(NameAllowlist, { names: ['a'] });
    const { get, tracker } = await startExplorer({
      tracking: { backends: { lrs: backend(Refusing, {}, { processors: [filter], delivery: quick }) } },
    });
    Refusing.isDown = false;
    try {
      for (const name of ['a', 'b']) tracker.emit(name);
      await tracker.flush();
    } finally {
      Refusing.isDown = true;
    }
    tracker.registerBackend('broken', {
      send: () => {
        throw new Error('no');
      },
    });
    tracker.emit('b');
    const { nodes } = await get<TreeState>('api/tree');
    expect(nodes.find(({ path }) => path === 'lrs')).toMatchObject({
      ...{ dropped: { filtered: 2 }, lost: 0 },
      delivery: { latencyMs: { p50: expect.any(Number) as number, p99: expect.any(Number) as number } },
    });
    expect(nodes.find(({ path }) => path === 'broken')).toMatchObject({ dropped: { 'backend-failed': 1 }, lost: 1 });
  });

  it('has the trackers of its application', async () => {
    const module = {
      imports: [TrackingModule.forRoot({ name: 'audit', backends: { memory: backend(MemoryBackend) } })],
    };
    const { get } = await startExplorer({ module });
    expect((await get<ExplorerInfo>('api/info')).trackers.map(({ name }) => name).sort()).toEqual(['audit', 'default']);
    expect(await get('api/events?tracker=audit')).toMatchObject({ rows: [] });
    expect(await get('api/events?tracker=other')).toMatchObject({
      statusCode: 404,
      fix: expect.stringContaining('audit') as string,
    });
  });

  it('says what is wrong with a filter, and shows everything', async () => {
    const { get, tracker } = await startExplorer();
    tracker.emit('a');
    expect(await get('api/events?filter=nme:a')).toMatchObject({
      filterError: {
        message: '"nme:" is unknown',
        fix: expect.stringContaining('name:') as string,
        start: 0,
        length: 5,
      },
      rows: [{ name: 'a' }],
    });
  });

  it('lists the events page by page, and says whether there are older ones', async () => {
    const { get, tracker } = await startExplorer({ explorer: { maxEvents: 4 } });
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      tracker.emit(name);
      await get('api/events'); // at most four are followed between two looks
    }
    const namesOf = ({ rows }: EventPage): string[] => rows.map(({ name }) => name);
    const first = await get<EventPage>('api/events?limit=2');
    expect([namesOf(first), first.hasOlder, first.kept, first.evicted]).toEqual([['e', 'd'], true, 4, 1]);
    const before = `before=${first.rows[1]?.id ?? ''}`;
    const second = await get<EventPage>(`api/events?limit=2&${before}`);
    expect([namesOf(second), second.hasOlder]).toEqual([['c', 'b'], false]);
    expect(namesOf(await get(`api/events?filter=name:b&${before}`))).toEqual(['b']);
    expect(await get('api/events?before=unknown')).toMatchObject({ rows: [], hasOlder: false, kept: 4 });
    expect((await get<EventPage>('api/events?limit=-1')).rows).toHaveLength(4);
  });

  it('streams the events and numbers of one tracker', async () => {
    const module = {
      imports: [TrackingModule.forRoot({ name: 'audit', backends: { memory: backend(MemoryBackend) } })],
    };
    const { app, url, tracker } = await startExplorer({ module });
    const audit = app.get<TrackerService>(getTrackerToken('audit'));
    audit.emit('before');
    const names = ({ type, ...message }: StreamMessage): boolean =>
      type === 'rows' && 'rows' in message && message.rows.some(({ name }) => name === 'last');
    const messages = await readStream(`${url}/api/stream?tracker=audit`, names, () => {
      tracker.emit('other');
      audit.emit('first');
      audit.emit('last');
    });
    expect(messages.slice(0, 2)).toMatchObject([
      { type: 'hello' },
      { type: 'rate', watchers: 1, kept: 1, deadLetters: 0, violations: 0 },
    ]);
    const rows = messages.flatMap((message) => (message.type === 'rows' ? message.rows : []));
    expect(rows.map((row) => [row.tracker, row.name])).toEqual([
      ['audit', 'first'],
      ['audit', 'last'],
    ]);
    expect((await fetch(`${url}/api/stream?tracker=other`)).status).toBe(404);
  });

  it('names the event during which another was emitted', async () => {
    const audits = ({ name }: { readonly name: string }): void => {
      if (name === 'outer') run.tracker.emit('inner');
    };
    const run = await startExplorer({
      tracking: { processors: [audits], backends: { memory: backend(MemoryBackend) } },
    });
    const { get } = run;
    run.tracker.emit('outer');
    const { rows } = await get<EventPage>('api/events');
    const idOf = (name: string): string => rows.find((row) => row.name === name)?.id ?? '';
    expect(await get(`api/events/${idOf('inner')}`)).toMatchObject({ parent: { id: idOf('outer'), name: 'outer' } });
    expect(await get(`api/events/${idOf('outer')}`)).toMatchObject({
      children: [{ id: idOf('inner'), name: 'inner' }],
    });
  });

  it('shows no personal value of what a processor changed', async () => {
    const definition = defineEvent('signed_up', { data: z.object({ email: z.string() }), pii: ['data.email'] });
    const lower = (event: { readonly data: Record<string, unknown> }): void => {
      event.data['email'] = String(event.data['email']).toLowerCase();
      event.data['seen'] = true;
    };
    const { get, tracker } = await startExplorer({
      tracking: { catalog: [definition], processors: [lower], backends: { memory: backend(MemoryBackend) } },
    });
    tracker.emit('signed_up', { email: 'Ada@Example.org' });
    const { rows } = await get<EventPage>('api/events');
    const detail = await get<EventDetail>(`api/events/${rows[0]?.id ?? ''}`);
    expect(detail.steps).toMatchObject([{ result: 'changed', changes: [{ path: 'data.seen', kind: 'added' }] }]);
    expect(detail.event.data).toEqual({ email: '[redacted]' });
    expect(JSON.stringify(detail)).not.toMatch(/ada@/i);
  });

  it('shows the last value that violated the catalog, redacted, and how the schema would accept it', async () => {
    const definition = defineEvent('signed_up', {
      data: z.object({ plan: z.enum(['free', 'paid']), email: z.string(), tags: z.array(z.number()) }),
      pii: ['data.email'],
    });
    const { get, tracker } = await startExplorer({
      tracking: { catalog: [definition], validation: 'report', backends: { memory: backend(MemoryBackend) } },
    });
    // One line of code: violations are counted for each place that emits.
    for (const [plan, email, tags] of [
      ['gold', 4711, [1, 'two']],
      ['silver', 'a@b.c', []],
    ])
      tracker.emit('signed_up', { plan, email, tags });
    tracker.emit('unknown', { seats: 3, password: 'x' });
    const { rows } = await get<EventPage>('api/events');
    expect(rows.map(({ name, violations }) => [name, violations])).toEqual([
      ['unknown', 1],
      ['signed_up', 1],
      ['signed_up', 3],
    ]);
    const seats = { properties: { seats: { type: 'integer' }, password: {} } };
    expect(await get('api/violations')).toMatchObject([
      { path: 'data.plan', count: 2, example: 'silver', suggestion: { schema: { enum: ['free', 'paid', 'silver'] } } },
      { path: 'data.email', example: '[redacted]', suggestion: { text: 'Allow another type at data.email.' } },
      { path: 'data.tags.*', example: 'two', suggestion: { schema: { type: ['number', 'string'] } } },
      { kind: 'unplanned-event', example: { seats: 3, password: '[redacted]' }, suggestion: { schema: seats } },
    ]);
    const first = await get<EventDetail>(`api/events/${rows[2]?.id ?? ''}`);
    expect(first.violationList).toMatchObject([
      { path: 'data.plan', count: 2, example: 'gold' },
      { path: 'data.email', example: '[redacted]' },
      { path: 'data.tags.1', example: 'two' },
    ]);
    const second = await get<EventDetail>(`api/events/${rows[1]?.id ?? ''}`);
    expect(second.violationList).toMatchObject([{ path: 'data.plan', example: 'silver' }]);
  });

  it('refuses a request that waits with a wrong filter, and answers those that wait when it closes', async () => {
    const { app, url } = await startExplorer();
    const wrong = await fetch(`${url}/api/wait?filter=nme:a`);
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { message: '"nme:" is unknown.' }]);
    const waiting = fetch(`${url}/api/wait?name=${encodeURIComponent('a "quoted" na\\me')}&timeoutMs=60000`);
    await until(() => Promise.resolve(app.get(Explorer).waiters.waiting === 1));
    await app.close();
    expect(await (await waiting).json()).toEqual({ timedOut: true });
  });
});
