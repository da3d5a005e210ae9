import { backend, TrackingDeadLetters, type DeliveryOptions } from 'nestjs-event-tracking';
import {
  XapiBackend,
  type LearningEvent,
  type Statement,
  type XapiBackendOptions,
  type XapiRow,
} from 'nestjs-event-tracking/xapi';
import { fixedClock } from 'nestjs-event-tracking/testing';
import { eventually } from '../support/eventually';
import { expectBalance, startTracking, type BuiltTracking } from '../support/start-tracking';
import { TestLrs, type LrsRules } from './test-lrs';

const QUICK: DeliveryOptions = { batch: { maxEvents: 8, maxWaitMs: 5 }, retry: { minDelayMs: 1, maxDelayMs: 5 } };

const read: XapiRow = {
  verb: { id: 'https://verbs.example/read', display: 'read' },
  object: { id: { iri: ['pages', '!data.page'] }, type: 'https://types.example/page' },
  result: { response: 'data.answer' },
};
const rows = { 'page.read': read };

let lrs: TestLrs;
afterEach(() => lrs.close());

async function started(options: Partial<XapiBackendOptions> = {}, rules: LrsRules = {}): Promise<BuiltTracking> {
  lrs = await TestLrs.listen(rules);
  const all: XapiBackendOptions = { url: lrs.url, rootUrl: 'https://school.example', ids: 'event', rows, ...options };
  return startTracking({
    clock: fixedClock('2026-03-01T10:00:00.250Z'),
    backends: { lrs: backend(XapiBackend, all, { delivery: QUICK }) },
  });
}

const counts = (run: BuiltTracking) => run.ledger.destination('lrs')!;

function emit(run: BuiltTracking, count: number, data: (n: number) => object = () => ({})): void {
  run.tracker.context({ user_id: 'ada' }, () => {
    for (let n = 0; n < count; n++) run.tracker.emit('page.read', { page: `p${n}`, ...data(n) });
  });
}

const settled = (run: BuiltTracking, delivered: number, deadLettered = 0) =>
  eventually(() => expect(counts(run)).toMatchObject({ delivered, deadLettered, pending: 0 }));

const reasons = (run: BuiltTracking): readonly string[] =>
  run.app
    .get(TrackingDeadLetters)
    .list()
    .map(({ reason }) => reason);

const isBad = ({ result }: Statement): string | undefined =>
  result?.response === 'secret answer' ? 'result.response: "secret answer" is not allowed' : undefined;

describe('XapiBackend', () => {
  it('sends the statements of a batch in one request, with version and credentials', async () => {
    const run = await started({ auth: { username: 'u', password: 'p' } });
    emit(run, 8);
    await settled(run, 8);
    expect(lrs.requests).toHaveLength(1);
    const [request] = lrs.requests;
    expect(request).toMatchObject({ path: '/xAPI/statements' });
    expect(request?.headers).toMatchObject({
      'x-experience-api-version': '1.0.3',
      authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
      'content-type': 'application/json',
    });
    expect(request?.statements.map(({ object }) => object.id)).toEqual(
      Array.from({ length: 8 }, (_each, n) => `https://school.example/pages/p${n}`),
    );
    expectBalance(run.ledger);
  });

  it.each<[string, Partial<XapiBackendOptions>, object]>([
    ['a token', { auth: { token: 't' } }, { authorization: 'Bearer t' }],
    [
      'a token that is made for each request',
      { auth: { token: async () => Promise.resolve('n') } },
      { authorization: 'Bearer n' },
    ],
    ['further headers', { headers: { 'X-Tenant': 'a' } }, { 'x-tenant': 'a' }],
    ['version 2.0', { version: '2.0' }, { 'x-experience-api-version': '2.0.0' }],
  ])('can send %s', async (_title, options, headers) => {
    const run = await started(options);
    emit(run, 1);
    await settled(run, 1);
    expect(lrs.requests[0]?.headers).toMatchObject(headers);
  });

  it('counts statements that the LRS has already as delivered, also twice in a batch', async () => {
    const run = await started({ ids: 'openedx' });
    emit(run, 3, () => ({ page: 'same' }));
    await settled(run, 3);
    emit(run, 1, () => ({ page: 'same' }));
    await settled(run, 4);
    expect(lrs.requests.map(({ status, statements }) => [status, statements.length])).toEqual([
      [200, 1],
      [204, 1],
    ]);
    expect(reasons(run)).toEqual([]);
  });

  it('makes only the statement in conflict a dead letter, with the words of the LRS', async () => {
    const run = await started({ ids: 'openedx' });
    emit(run, 1);
    await settled(run, 1);
    for (const user_id of ['b', 'c', 'ada', 'd', 'e']) {
      run.tracker.context({ user_id }, () => run.tracker.emit('page.read', { page: 'another' }));
    }
    await settled(run, 5, 1);
    const [id = ''] = lrs.stored.keys();
    expect(reasons(run)).toEqual([
      `refused: ${lrs.url}/statements answered 409 (Conflict): Differing statements already exist with the same ID: ${id}`,
    ]);
    expectBalance(run.ledger);
  });

  it('makes only the invalid statement a dead letter, without the values that the LRS quotes', async () => {
    const run = await started({}, { invalid: isBad });
    emit(run, 8, (n) => (n === 5 ? { answer: 'secret answer' } : {}));
    await settled(run, 7, 1);
    expect(lrs.stored.size).toBe(7);
    const [reason = ''] = reasons(run);
    expect(reason).toContain('422');
    expect(reason).toContain('result.response: "…" is not allowed');
    expect(reason).not.toContain('secret');
    expectBalance(run.ledger);
  });

  it('sends the statements of one event singly if the LRS refuses one of them', async () => {
    const three: XapiBackendOptions['rows'] = {
      'page.read': () => [
        { verb: read.verb as Statement['verb'], object: { id: 'urn:1' } },
        { verb: read.verb as Statement['verb'], object: { id: 'urn:bad' }, key: 'b' },
        { verb: read.verb as Statement['verb'], object: { id: 'urn:3' }, key: 'c' },
      ],
    };
    const invalid = ({ object }: Statement): string | undefined =>
      object.id === 'urn:bad' ? 'no such object' : undefined;
    const run = await started({ rows: three }, { invalid });
    emit(run, 1);
    await settled(run, 0, 1);
    expect([...lrs.stored.values()].map(({ object }) => object.id)).toEqual(['urn:1', 'urn:3']);
    expect(reasons(run)).toEqual([expect.stringMatching(/^refused: statement 2 of 3: .*no such object$/)]);
  });

  it('reads the report of an LRS that takes the valid statements', async () => {
    const run = await started({ partialSuccess: true }, { invalid: isBad });
    emit(run, 8, (n) => (n === 5 ? { answer: 'secret answer' } : {}));
    await settled(run, 7, 1);
    expect(lrs.requests).toHaveLength(1);
    expect(reasons(run)).toEqual(['refused: result.response: "…" is not allowed']);
  });

  it('counts statements that such an LRS has already as delivered, although it answers 400', async () => {
    const run = await started({ partialSuccess: true, ids: 'openedx' }, { invalid: isBad });
    emit(run, 1, () => ({ page: 'same' }));
    await settled(run, 1);
    run.tracker.context({ user_id: 'eve' }, () => {
      run.tracker.emit('page.read', { page: 'same', answer: 'secret answer' });
    });
    emit(run, 2, () => ({ page: 'same' }));
    await settled(run, 3, 1);
    expect(lrs.requests.map(({ status }) => status)).toEqual([200, 400]);
    expect(reasons(run)).toEqual(['refused: result.response: "…" is not allowed']);
  });

  it('halves a batch that such an LRS refuses over a conflict', async () => {
    const run = await started({ partialSuccess: true, ids: 'openedx' });
    emit(run, 1);
    await settled(run, 1);
    for (const user_id of ['b', 'ada', 'c'])
      run.tracker.context({ user_id }, () => run.tracker.emit('page.read', { page: 'another' }));
    await settled(run, 3, 1);
    expect(reasons(run)).toEqual([expect.stringContaining('answered 409 (Conflict): Differing statements')]);
  });

  it('reports a statement that two events have for both of them', async () => {
    const run = await started({ partialSuccess: true, ids: 'openedx' }, { invalid: isBad });
    emit(run, 2, () => ({ page: 'same', answer: 'secret answer' }));
    await settled(run, 0, 2);
    expect(lrs.requests.map(({ statements }) => statements.length)).toEqual([1]);
    expectBalance(run.ledger);
  });

  it('gives one reason for an event of which the LRS refuses hundreds of statements', async () => {
    const many: XapiBackendOptions['rows'] = {
      'page.read': () =>
        Array.from({ length: 250 }, (_, n) => ({
          ...{ verb: read.verb as Statement['verb'], object: { id: `urn:${String(n)}` }, key: String(n) },
        })),
    };
    const run = await started({ rows: many }, { invalid: () => 'no such object' });
    emit(run, 1);
    await settled(run, 0, 1);
    expect(reasons(run)).toEqual([expect.stringMatching(/^refused: statement 1 of 250: .*no such object$/)]);
  });

  it('takes a reply that is nested as deep as a reply can be for one without a message', async () => {
    const run = await started();
    lrs.plan({ status: 400, body: '['.repeat(200_000) + ']'.repeat(200_000) });
    emit(run, 1);
    await settled(run, 0, 1);
    expect(reasons(run)).toEqual([expect.stringMatching(/answered 400 \(Bad Request\)$/)]);
  });

  it('halves a batch that is too large', async () => {
    const run = await started({}, { maxStatements: 3 });
    emit(run, 8);
    await settled(run, 8);
    expect(lrs.stored.size).toBe(8);
    expect(lrs.requests.map(({ statements, status }) => [statements.length, status])).toEqual(
      expect.arrayContaining([
        [8, 413],
        [4, 413],
        [2, 200],
      ]),
    );
  });

  it.each([401, 429, 500, 503])('sends a batch again after status %s', async (status) => {
    const run = await started();
    lrs.plan({ status, headers: { 'retry-after': '0' } }, { status });
    emit(run, 5);
    await settled(run, 5);
    expect(lrs.stored.size).toBe(5);
  });

  it('waits as long as Retry-After says', async () => {
    const run = await started();
    lrs.plan({ status: 429, headers: { 'retry-after': '1' } });
    const before = performance.now();
    emit(run, 1);
    await settled(run, 1);
    expect(performance.now() - before).toBeGreaterThan(990);
  });

  it('drops events without a row before they are queued, counted by reason', async () => {
    const run = await started();
    run.tracker.emit('nothing.for.an.lrs', {});
    await run.tracker.flush();
    expect(run.ledger.node('lrs')?.dropped).toEqual({ 'no-statement': 1 });
    expectBalance(run.ledger);
  });

  it('makes an incomplete event a dead letter, and delivers its neighbors', async () => {
    const run = await started();
    emit(run, 4, (n) => (n === 2 ? { page: '' } : {}));
    await settled(run, 3, 1);
    expect(reasons(run)).toEqual(['refused: No xAPI statement for "page.read": data.page is missing.']);
  });

  it('makes an event a dead letter whose statement cannot be written, and delivers its neighbors', async () => {
    const response = ({ data }: LearningEvent) => ((data as { page: string }).page === 'p2' ? 1n : 'a');
    const run = await started({ rows: { 'page.read': { ...read, result: { response } } } });
    emit(run, 4);
    await settled(run, 3, 1);
    expect(reasons(run)).toEqual(['refused: its statement cannot be written as JSON']);
    expectBalance(run.ledger);
  });

  it('waits for the actor, and asks once for each user', async () => {
    const actor = jest.fn(async (_event: unknown, user: string) => Promise.resolve({ mbox: `${user}@school.example` }));
    const run = await started({ actor, courseName: async () => Promise.resolve('Course') });
    emit(run, 8);
    await settled(run, 8);
    emit(run, 4);
    await settled(run, 12);
    expect(actor).toHaveBeenCalledTimes(1);
    expect(lrs.requests[0]?.statements[0]?.actor).toEqual({ objectType: 'Agent', mbox: 'mailto:ada@school.example' });
  });

  it('sends again the events of a user whose actor cannot be resolved now', async () => {
    let calls = 0;
    const actor = async (_event: unknown, user: string): Promise<string> => {
      if (calls++ === 0) throw new RangeError('the directory is down');
      return Promise.resolve(user);
    };
    const run = await started({ actor });
    emit(run, 3);
    await settled(run, 3);
    expect(calls).toBe(2);
  });

  it('does not hold up the events of other users while the actor of one is not found', async () => {
    let isStuck = true;
    const never = new Promise<string>(() => undefined);
    const actor = (_event: unknown, user: string) => (user === 'bob' && isStuck ? never : user);
    const run = await started({ actor, cache: { timeoutMs: 20 } });
    for (const user_id of ['ada', 'bob', 'eve'])
      run.tracker.context({ user_id }, () => run.tracker.emit('page.read', { page: user_id }));
    await eventually(() => expect(counts(run)).toMatchObject({ delivered: 2, pending: 1 }));
    isStuck = false;
    await settled(run, 3);
    expectBalance(run.ledger);
  });
});
