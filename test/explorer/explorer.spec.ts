import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { VersioningType, type INestApplication } from '@nestjs/common';
import { z } from 'zod';
import { backend, defineEvent, MemoryBackend, processor, Redact } from '../../src/entries';
import type {
  DeadLetterPage,
  EventDetail,
  EventPage,
  ExplorerInfo,
  JobState,
  StreamMessage,
} from '../../src/explorer/api';
import { openApiDocument } from '../../src/explorer/open-api';
import { until } from '../support/until';
import { ADAPTERS, readStream, Refusing, startExplorer, type AdapterName, type ExplorerRun } from './start-explorer';

const quick = { batch: { maxWaitMs: 1 } };
const adapters = Object.keys(ADAPTERS) as AdapterName[];

beforeEach(() => {
  Refusing.isDown = true;
});

describe.each(adapters)('The explorer on %s', (adapter) => {
  it('shows what an event went through', async () => {
    const { get, tracker } = await startExplorer({
      adapter,
      tracking: {
        processors: [processor(Redact, { paths: ['data.email'] })],
        backends: { memory: backend(MemoryBackend), lrs: backend(Refusing, {}, { delivery: quick }) },
      },
    });
    tracker.context({ course_id: 'DemoX' }, () => {
      tracker.emit('problem_check', { email: 'a@b.c', password: 'x', n: 1 });
    });
    await tracker.flush();

    const page = await get<EventPage>('api/events');
    expect(page.rows).toMatchObject([
      {
        name: 'problem_check',
        outcomes: [
          { path: 'lrs', state: 'dead', reason: 'refused: no such course' },
          { path: 'memory', state: 'delivered' },
        ],
      },
    ]);
    const detail = await get<EventDetail>(`api/events/${page.rows[0]?.id ?? ''}`);
    expect(detail.event.data).toEqual({ email: 'a@b.c', password: '[redacted]', n: 1 });
    expect(detail.steps).toMatchObject([
      {
        ...{ path: '', processor: 'processors[0] (Redact)', result: 'changed' },
        changes: [{ path: 'data.email', kind: 'changed', before: 'a@b.c', after: '[redacted]' }],
      },
    ]);
    expect(detail.context).toEqual([{ key: 'course_id', from: 'scope', detail: 'the innermost scope' }]);
    expect(detail.attempts).toMatchObject([{ path: 'lrs', batch: 1 }]);
    expect(detail.location).toMatch(/^test\/explorer\/explorer\.spec\.ts:\d+$/);
  });

  it('streams new events, and their outcomes later', async () => {
    const { url, tracker } = await startExplorer({
      adapter,
      tracking: { backends: { lrs: backend(Refusing, {}, { delivery: { batch: { maxWaitMs: 400 } } }) } },
    });
    const isDead = (message: StreamMessage): boolean =>
      message.type === 'outcomes' && message.outcomes[0]?.outcomes[0]?.state === 'dead';
    const messages = await readStream(`${url}/api/stream?filter=name:wanted`, isDead, () => {
      tracker.emit('wanted');
      tracker.emit('other');
    });
    expect(messages.filter(({ type }) => type !== 'rate')).toMatchObject([
      { type: 'hello' },
      { type: 'rows', of: 1, rows: [{ name: 'wanted', outcomes: [{ path: 'lrs', state: 'queued' }] }] },
      { type: 'outcomes' },
    ]);
  });

  it('stands behind a prefix and with versions in the URL', async () => {
    const prepare = (app: INestApplication): void => {
      app.setGlobalPrefix('api/v9').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    };
    const explorer = { path: 'ops/tracking' };
    const { get } = await startExplorer({ adapter, explorer, prepare, path: 'api/v9/ops/tracking' });
    expect(await get<ExplorerInfo>('api/info')).toMatchObject({
      trackers: [{ name: 'default', destinations: ['memory'] }],
    });
  });

  it('sends answers that no cache keeps and no frame of another site shows', async () => {
    const { url } = await startExplorer({ adapter });
    const { headers } = await fetch(`${url}/api/info`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('answers as its OpenAPI document says', async () => {
    const run = await startExplorer({
      adapter,
      tracking: {
        catalog: [defineEvent('documented', { data: z.object({ n: z.number() }), pii: ['data.n'] })],
        validation: 'report',
        backends: { lrs: backend(Refusing, {}, { delivery: quick }) },
      },
    });
    run.tracker.emit('documented', { n: 'no number' });
    run.tracker.emit('undocumented', {});
    await run.tracker.flush();
    await expectDocumentedAnswers(run);
  });
});

/** Requests every GET route that answers with JSON, and checks the answer against the document. */
async function expectDocumentedAnswers({ url, get }: ExplorerRun): Promise<void> {
  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
  ajv.addSchema({ $id: 'doc', ...openApiDocument('1') });
  const { rows } = await get<EventPage>('api/events');
  for (const [path, operations] of Object.entries(document().paths)) {
    if (operations.get === undefined || path === '/api/stream' || path.startsWith('/api/jobs')) continue;
    const at = path.replace('{id}', rows[0]?.id ?? '');
    const response = await fetch(`${url}${at}`);
    expect([at, response.status]).toEqual([at, 200]);
    const pointer = `doc#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/get/responses/200/content/application~1json/schema`;
    const validate = ajv.getSchema(pointer);
    if (validate === undefined) throw new Error(`no schema for ${path}`);
    const isValid = validate(await response.json());
    expect([at, isValid, validate.errors]).toEqual([at, true, null]);
  }
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly get?: object }>>;
}
const document = (): Document => openApiDocument('1') as Document;

describe('Dead letters in the explorer', () => {
  const tracking = { backends: { lrs: backend(Refusing, {}, { delivery: quick }) } };

  async function startWithLetters(explorer = {}): Promise<ExplorerRun> {
    const run = await startExplorer({ tracking, explorer });
    for (const name of ['a', 'b', 'c']) run.tracker.emit(name, { token: 'secret' });
    await run.tracker.flush();
    return run;
  }

  it('are grouped, and shown without secrets', async () => {
    const { get } = await startWithLetters();
    expect(await get('api/dead-letters')).toMatchObject({
      total: 3,
      groups: [{ path: 'lrs', reason: 'refused: no such course', count: 3, redrivable: 3 }],
    });
    const letter = (name: string) => ({
      path: 'lrs',
      canRedrive: true,
      event: { name, data: { token: '[redacted]' } },
    });
    expect(await get('api/dead-letters/list?path=lrs')).toMatchObject({
      total: 3,
      letters: ['c', 'b', 'a'].map(letter),
    });
    const { letters } = await get<DeadLetterPage>('api/dead-letters/list?limit=1');
    const before = letters[0]?.id ?? '';
    expect(await get(`api/dead-letters/list?limit=1&before=${before}`)).toMatchObject({
      total: 3,
      letters: [letter('b')],
    });
    expect(await get('api/dead-letters/list?before=unknown')).toEqual({ total: 3, letters: [] });
  });

  it('are sent again, which is an event of its own', async () => {
    const { get, post, tracker } = await startWithLetters();
    const plan = await post('api/dead-letters/redrive', { path: 'lrs', dryRun: true });
    expect(await plan.json()).toMatchObject({ count: 3, destinations: [{ path: 'lrs', count: 3 }] });
    Refusing.isDown = false;
    const started = await post('api/dead-letters/redrive', { path: 'lrs' });
    expect(started.status).toBe(202);
    const { id, of } = (await started.json()) as JobState;
    expect(of).toBe(3);
    await until(async () => (await get<JobState>(`api/jobs/${id}`)).state !== 'running');
    const done = { id, action: 'redrive', path: 'lrs', state: 'done', done: 3, of: 3 };
    expect(await get(`api/jobs/${id}`)).toEqual(done);
    expect(await get('api/jobs')).toEqual([done]);
    await tracker.flush();
    expect(tracker.backend<Refusing>('lrs').delivered.sort()).toEqual([
      'a',
      'b',
      'c',
      'tracking.dead_letters.redriven',
    ]);
  });

  it('are removed, one or all', async () => {
    const { get, post } = await startWithLetters();
    const list = async (): Promise<string[]> =>
      (await get<DeadLetterPage>('api/dead-letters/list')).letters.map(({ id }) => id);
    const [first, ...others] = await list();
    Refusing.isDown = false; // the event about the purge would be one more
    await post('api/dead-letters/purge', { id: first });
    await until(async () => (await list()).length === 2);
    expect(await list()).toEqual(others);
    await post('api/dead-letters/purge', { all: true });
    await until(async () => (await list()).length === 0);
  });

  it('are touched only by requests of the page, and only if something says which', async () => {
    const { get, post } = await startWithLetters();
    expect((await post('api/dead-letters/purge', { all: true }, {})).status).toBe(403);
    expect((await post('api/dead-letters/purge', {})).status).toBe(400);
    const foreign = { 'x-tracking-explorer': '1', origin: 'https://evil.example.net' };
    expect((await post('api/dead-letters/purge', { all: true }, foreign)).status).toBe(403);
    expect(await get('api/dead-letters')).toMatchObject({ total: 3 });
  });

  it('are touched only if the options allow it', async () => {
    const { get, post } = await startWithLetters({ actions: { redrive: false, purge: false } });
    for (const action of ['redrive', 'purge']) {
      const response = await post(`api/dead-letters/${action}`, { all: true });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        fix: expect.stringContaining(`actions: { ${action}: true }`) as string,
      });
    }
    expect(await get<ExplorerInfo>('api/info')).toMatchObject({ actions: { redrive: false, purge: false } });
  });
});
