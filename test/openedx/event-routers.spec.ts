/** Settings of event-routing-backends: routers, and the processors that make what they send. */
import { runInNewContext } from 'node:vm';
import { Module } from '@nestjs/common';
import { AsyncRoutingBackend, backend, MemoryBackend, RoutingBackend } from '../../src/entries';
import { CaliperBackend } from '../../src/entries/caliper';
import { backendsFromSettings, type OpenEdxEngines } from '../../src/entries/openedx';
import { XapiBackend } from '../../src/entries/xapi';
import { HttpSink } from '../support/http-sink';
import { startTracking } from '../support/start-tracking';
import { TestLrs } from '../xapi/test-lrs';
import { ASYNC, errorsOf, EVENT_BUS, WHITELIST, withBackends } from './support';

const BACKENDS = 'event_routing_backends.backends';
const ROUTER = `${BACKENDS}.async_events_router.AsyncEventsRouter`;
const ROUTERS = [ROUTER, `${BACKENDS}.sync_events_router.SyncEventsRouter`, `${BACKENDS}.events_router.EventsRouter`];
const XAPI = 'event_routing_backends.processors.xapi.transformer_processor.XApiProcessor';
const CALIPER = 'event_routing_backends.processors.caliper.transformer_processor.CaliperProcessor';
const ENVELOPE = 'event_routing_backends.processors.caliper.envelope_processor.CaliperEnvelopeProcessor';

const names = ['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated'];
const only = (...whitelist: string[]): object => ({ ENGINE: WHITELIST, OPTIONS: { whitelist } });
const router = (backend_name: string | undefined, processors: object[], engine = ROUTER): object => ({
  ENGINE: engine,
  OPTIONS: { processors, ...(backend_name !== undefined && { backend_name }) },
});
const xapiRouter = (engine = ROUTER): object => router('xapi', [{ ENGINE: XAPI, OPTIONS: {} }], engine);
const caliperSteps = [
  { ENGINE: CALIPER, OPTIONS: {} },
  { ENGINE: ENVELOPE, OPTIONS: { sensor_id: 'https://sensor.example' } },
];

/** The settings that event-routing-backends adds to those of the platform. */
const transformer = (engine = ROUTER): object =>
  withBackends({
    event_transformer: {
      ENGINE: ASYNC,
      OPTIONS: {
        backend_name: 'event_transformer',
        processors: [only(...names)],
        backends: {
          xapi: router('xapi', [only(...names), { ENGINE: XAPI, OPTIONS: {} }], engine),
          caliper: router('caliper', [only('edx.course.enrollment.activated'), ...caliperSteps], engine),
        },
      },
    },
  });

const rootUrl = 'https://lms.example';
const toLrs = (url: string) => backend(XapiBackend, { url, rootUrl });
const toCaliper = (url: string) => backend(CaliperBackend, { url, rootUrl });
const unused = { xapi: toLrs('http://127.0.0.1:9/xAPI'), caliper: toCaliper('http://127.0.0.1:9') };

describe.each(ROUTERS)('Settings with %s', (engine) => {
  it('load as they stand, and send statements and Caliper events', async () => {
    const [lrs, sink] = [await TestLrs.listen(), await HttpSink.listen()];
    try {
      const read = backendsFromSettings(
        transformer(engine),
        {},
        { xapi: toLrs(lrs.url), caliper: toCaliper(sink.url) },
      );
      expect(read.backends['event_transformer']).toMatchObject({ type: AsyncRoutingBackend });
      const { tracker } = await startTracking(read);
      tracker.context({ user_id: 4, course_id: 'course-v1:a+b+c' }, () => {
        for (const name of [...names, 'play_video']) tracker.emit(name, { mode: 'audit' });
      });
      await tracker.flush();
      expect([...lrs.stored.values()].map(({ verb }) => verb.display)).toEqual([
        { en: 'registered' },
        { en: 'unregistered' },
      ]);
      expect(sink.requests.map(({ text }) => JSON.parse(text) as unknown)).toEqual([
        expect.objectContaining({
          sensor: 'https://sensor.example',
          data: [expect.objectContaining({ action: 'Activated' })],
        }),
      ]);
    } finally {
      await lrs.close();
      await sink.close();
    }
  });
});

describe('A router', () => {
  it('without a backend in code is an error at start, with a line that can be pasted', () => {
    const errors = errorsOf(transformer());
    expect(errors).toEqual(
      (['xapi', 'caliper'] as const).map((kind) => ({
        path: `EVENT_TRACKING_BACKENDS.event_transformer.OPTIONS.backends.${kind}.ENGINE`,
        what: `${ROUTER} sends to the URLs of its router configurations, which are in the database of the platform and not in these settings.`,
        fix: expect.stringContaining(`${kind}: backend(`),
      })),
    );
    const pasted = errors.map(({ fix }) => /backendsFromSettings\((.*)\); or/.exec(fix)?.[1] ?? '').join('; ');
    const given = (text: string): object =>
      runInNewContext(`[${text}][2]`, { settings: {}, backend, XapiBackend, CaliperBackend, process }) as object;
    const options = Object.assign({}, ...pasted.split('; ').map(given)) as object;
    expect(Object.keys(backendsFromSettings(transformer(), {}, options).backends)).toEqual(['event_transformer']);
  });

  it('that its switch turns off needs none, and gets no events', async () => {
    const off = { XAPI_EVENTS_ENABLED: false, CALIPER_EVENTS_ENABLED: 'false' };
    const { tracker, ledger } = await startTracking(backendsFromSettings({ ...off, ...transformer() }));
    tracker.emit(names[0] ?? '');
    await tracker.flush();
    expect(ledger.destination('event_transformer/xapi')).toBeUndefined();
    expect(errorsOf({ ...off, XAPI_EVENTS_ENABLED: true, ...transformer() })).toHaveLength(1);
  });

  it('may have several backends, and one that is made of injected services', async () => {
    class Users {
      readonly prefix = 'user';
    }
    @Module({ providers: [Users], exports: [Users] })
    class UsersModule {}
    const lrs = await TestLrs.listen();
    const sink = await HttpSink.listen();
    try {
      const caliper = backend(
        CaliperBackend,
        {
          inject: [Users],
          useFactory: ({ prefix }: Users) => ({
            url: sink.url,
            rootUrl,
            actor: (_: unknown, user: string) => prefix + user,
          }),
        },
        { imports: [UsersModule] },
      );
      const read = backendsFromSettings(
        transformer(),
        {},
        {
          xapi: backend(RoutingBackend, {}, { backends: { first: toLrs(lrs.url), second: toLrs(lrs.url) } }),
          caliper: backend(RoutingBackend, {}, { backends: { only: caliper } }),
        },
      );
      const { tracker } = await startTracking(read);
      tracker.context({ user_id: 4, course_id: 'course-v1:a+b+c' }, () => {
        tracker.emit('edx.course.enrollment.activated');
      });
      await tracker.flush();
      expect(lrs.requests).toHaveLength(2);
      expect(JSON.parse(sink.requests[0]?.text ?? '')).toMatchObject({
        sensor: 'https://sensor.example',
        data: [{ actor: { id: 'https://lms.example/user/user4' } }],
      });
    } finally {
      await lrs.close();
      await sink.close();
    }
  });

  it('behind the bus loads as it stands', async () => {
    const bus = {
      ...{ SEND_TRACKING_EVENT_EMITTED_SIGNAL: false, EVENT_BUS_TRACKING_LOGS: names },
      ...withBackends({
        xapi: {
          ENGINE: EVENT_BUS,
          OPTIONS: { backend_name: 'xapi', processors: [only(...names)], backends: { xapi: xapiRouter() } },
        },
      }),
    };
    const { ledger, tracker } = await startTracking(backendsFromSettings(bus, {}, unused));
    tracker.emit('play_video');
    expect(ledger.node('xapi')).toMatchObject({ received: 1, dropped: { filtered: 1 } });
    expect(ledger.destination('xapi/xapi')).toMatchObject({ accepted: 0 });
  });

  it.each([
    ['no processor that makes anything', router('xapi', [only('a')]), /has no processor that makes statements/],
    ['processors of another kind', router('xapi', caliperSteps), /of another kind than its backend_name/],
    ['both kinds', router(undefined, [{ ENGINE: XAPI }, { ENGINE: CALIPER }]), /of another kind/],
    ['a filter of statements', router('xapi', [{ ENGINE: XAPI }, only('a')]), /has a processor behind the one/],
    ['another name', router('kinesis', [{ ENGINE: XAPI }]), /expected "xapi" or "caliper"/],
  ])('with %s is refused', (_, node, what) => {
    const errors = errorsOf(withBackends({ a: node }), {}, unused);
    expect(errors).toEqual([expect.objectContaining({ what: expect.stringMatching(what) })]);
  });

  it('takes backend_name in any letter case, and does without it', () => {
    for (const name of ['xAPI', undefined])
      expect(() =>
        backendsFromSettings(withBackends({ a: router(name, [{ ENGINE: XAPI }]) }), {}, unused),
      ).not.toThrow();
  });
});

describe('A processor that makes statements', () => {
  it('is refused outside of a router, where nothing would read it', () => {
    expect(errorsOf({ ...transformer(), EVENT_TRACKING_PROCESSORS: [{ ENGINE: XAPI }] }, {}, unused)).toEqual([
      {
        path: 'EVENT_TRACKING_PROCESSORS[0].ENGINE',
        what: `${XAPI} is not among the processors of a router of event-routing-backends, where it is read.`,
        fix: expect.stringContaining('toXapi'),
      },
    ]);
  });

  it('and its router may be engines of the application', async () => {
    const engines: OpenEdxEngines = {
      [ROUTER]: () => backend(MemoryBackend),
      [XAPI]: () => (event) => ({ ...event, data: { verb: 'registered' } }),
      [CALIPER]: () => (event) => ({ ...event, data: { action: 'Activated' } }),
      [ENVELOPE]:
        ({ sensor_id }) =>
        (event) => ({ ...event, data: { sensor: sensor_id, data: [event.data] } }),
    };
    const { tracker, events } = await startTracking(backendsFromSettings(transformer(), engines));
    for (const name of [...names, 'play_video']) tracker.emit(name);
    await tracker.flush();
    expect(events('event_transformer/xapi').map(({ name, data }) => [name, data])).toEqual(
      names.map((name) => [name, { verb: 'registered' }]),
    );
    expect(events('event_transformer/caliper')[0]?.data).toMatchObject({ sensor: 'https://sensor.example' });
  });
});

describe('The options for routers', () => {
  it('must be descriptions, each of its own kind', () => {
    const options = { xapi: { url: 'https://lrs.example' }, caliper: toLrs('https://lrs.example') } as never;
    expect(errorsOf(transformer(), {}, options).filter(({ path }) => path.startsWith('options'))).toEqual([
      expect.objectContaining({
        path: 'options.xapi',
        what: expect.stringContaining('expected the description of a XapiBackend'),
      }),
      expect.objectContaining({
        path: 'options.caliper',
        what: expect.stringContaining('expected the description of a CaliperBackend'),
      }),
    ]);
  });

  it('need an actor if the settings ask for addresses of users', () => {
    const settings = { XAPI_AGENT_IFI_TYPE: 'mbox', ...transformer() };
    expect(errorsOf(settings, {}, unused)).toEqual([
      expect.objectContaining({ path: 'XAPI_AGENT_IFI_TYPE', fix: expect.stringContaining('actor:') }),
    ]);
    const actor = () => ({ mbox: 'ann@school.example' });
    const xapi = backend(XapiBackend, { url: 'https://lrs.example', rootUrl, actor });
    expect(() => backendsFromSettings(settings, {}, { ...unused, xapi })).not.toThrow();
    expect(() => backendsFromSettings({ ...settings, XAPI_AGENT_IFI_TYPE: 'external_id' }, {}, unused)).not.toThrow();
  });
});
