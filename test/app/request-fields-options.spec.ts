import { createHmac } from 'node:crypto';
import { TrackingConfigException, type EventFields, type RequestContextOptions } from 'nestjs-event-tracking';
import { Warnings } from '../context/start-tracker';
import { platforms, TestCase } from '../support/test-case';
import { CoursesController, contextOf, coursesOn, tracking } from './request-parts';

describe.each(platforms)('A request on %s', (platform, Adapter) => {
  const app = coursesOn(Adapter);

  describe('can be changed by `fields`:', () => {
    it('a field is left out, renamed, added or replaced', async () => {
      const run = await app({
        fields: {
          ip: false,
          username: false,
          agent: 'user_agent',
          user_id: 'user',
          host: (request: { headers: Record<string, string> }) => request.headers['x-tenant-host'],
          tenant: (request: { headers: Record<string, string> }) => ({ name: request.headers['x-tenant'] }),
          nothing: () => undefined,
        },
      }).start();
      await run.get('/courses/DemoX', {
        headers: { 'user-agent': 'curl', 'x-tenant': 'acme', 'x-tenant-host': 'acme.example.org' },
        as: { userId: 7, username: 'ann' },
      });
      const { request_id, accept_language, ...rest } = contextOf(run);
      expect(rest).toEqual({
        path: '/courses/DemoX',
        method: 'GET',
        user_agent: 'curl',
        user: 7,
        host: 'acme.example.org',
        tenant: { name: 'acme' },
      });
    });

    it('a function is called at each emit, with the request that handlers see', async () => {
      let calls = 0;
      const run = await app({
        fields: { plan: (request: { user?: { id: number }; params?: EventFields }) => [++calls, request.user?.id, request.params?.['courseId']] }, // prettier-ignore
      }).start();
      await run.get('/courses/DemoX/twice', { as: { userId: 7 } });
      expect(run.events().map(({ context }) => context['plan'])).toEqual([
        [1, 7, 'DemoX'],
        [2, 7, 'DemoX'],
      ]);
    });

    it('the result of a function is normalized', async () => {
      const values = { at: new Date(0), ids: new Set([1n]), nan: NaN };
      const run = await app({ fields: { values: () => values } }).start();
      await run.get('/courses/DemoX');
      values.nan = 1;
      expect(contextOf(run)['values']).toEqual({ at: new Date(0), ids: ['1'], nan: null });
    });

    it.each([
      ['throws', (): never => fail('the field failed')],
      ['returns a promise', () => Promise.reject(new Error('the field failed'))],
    ])('a function that %s removes only its own field, is counted, and is reported once', async (_how, tenant) => {
      const warnings = new Warnings();
      const run = await TestCase.of({ controllers: [CoursesController] })
        .on(Adapter)
        .tracking(tracking({ logger: warnings, requestContext: { fields: { tenant } } }))
        .start();
      const { status } = await run.get('/courses/DemoX/twice', { as: { userId: 7, username: 'ann' } });
      expect(status).toBe(200);
      for (const { context } of run.events()) {
        expect(context).toMatchObject({ user_id: 7, username: 'ann', path: '/courses/DemoX/twice' });
        expect(context).not.toHaveProperty('tenant');
      }
      expect(run.tracker.ledger.tracker().failures).toEqual({ 'requestContext.fields.tenant': 2 });
      expect(warnings.texts).toEqual([expect.stringContaining('requestContext.fields.tenant')]);
    });
  });

  describe('can be hidden by `hash`:', () => {
    const key = 'a key of the operator';
    const hmac = (text: string): string => createHmac('sha256', key).update(text).digest('hex').slice(0, 32);

    it('a field is written as the keyed hash of its value', async () => {
      const run = await app({ hash: { fields: ['user_id', 'ip', 'agent'], key } }).start();
      await run.get('/courses/DemoX', { headers: { 'user-agent': 'curl' }, as: { userId: 7, username: 'ann' } });
      expect(contextOf(run)).toMatchObject({
        user_id: hmac('7'),
        ip: hmac('127.0.0.1'),
        agent: hmac('curl'),
        username: 'ann',
      });
    });

    it('a field is hidden under its new name, by either name', async () => {
      const run = await app({
        fields: { username: 'login', user_id: 'user' },
        hash: { fields: ['username', 'user'], key },
      }).start();
      await run.get('/courses/DemoX', { as: { userId: 7, username: 'ann' } });
      expect(contextOf(run)).toMatchObject({ login: hmac('ann'), user: hmac('7') });
    });

    it('a field of a function is hidden, and left out if it is neither a string nor a number', async () => {
      const run = await app({
        fields: { email: () => 'ann@example.org', profile: () => ({ email: 'ann@example.org' }) },
        hash: { fields: ['email', 'profile'], key },
      }).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)['email']).toBe(hmac('ann@example.org'));
      expect(JSON.stringify(run.events())).not.toContain('ann@');
    });

    it('an absent field stays absent', async () => {
      const run = await app({ hash: { fields: ['user_id'], key } }).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)).not.toHaveProperty('user_id');
    });
  });
});

describe('requestContext', () => {
  it('is refused at start, with all errors at once, if a field cannot be what the options say', async () => {
    const requestContext = {
      fields: { usernme: false, agent: true, referrer: 'from', ip: '' },
      hash: { fields: ['user_id', 'emial'], key: '' },
    } as unknown as RequestContextOptions;
    const failure = await TestCase.of({})
      .tracking(tracking({ requestContext }))
      .start()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrackingConfigException);
    expect((failure as TrackingConfigException).errors.map(({ path }) => path)).toEqual([
      'requestContext.fields.agent',
      'requestContext.fields.ip',
      'requestContext.fields.referrer',
      'requestContext.fields.usernme',
      'requestContext.hash.fields',
      'requestContext.hash.key',
    ]);
    expect(String(failure)).toContain('requestContext.hash.fields: it is "emial"; expected a field: request_id');
    expect(String(failure)).toContain('user_id, username, session');
  });

  it.each([true, 'all', null])('is refused at start if it is %p', async (requestContext) => {
    const starting = TestCase.of({})
      .tracking(tracking({ requestContext: requestContext as unknown as RequestContextOptions }))
      .start();
    await expect(starting).rejects.toThrow(/requestContext/);
  });
});

function fail(text: string): never {
  throw new Error(text);
}
