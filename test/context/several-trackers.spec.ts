import { Controller, Get, Injectable } from '@nestjs/common';
import { setImmediate as turn } from 'node:timers/promises';
import {
  backend,
  currentTracker,
  getTrackerToken,
  InjectTracker,
  MemoryBackend,
  TrackerService,
  TrackingContext,
  TrackingModule,
  UnknownContextException,
  type EventFields,
} from 'nestjs-event-tracking';
import { platforms, TestCase } from '../support/test-case';
import { startTracker } from './start-tracker';

const auditModule = (): ReturnType<typeof TrackingModule.forRoot> =>
  TrackingModule.forRoot({ name: 'audit', backends: { audit_sink: backend(MemoryBackend) } });

const contextsOf = (tracker: TrackerService, path: string): EventFields[] =>
  tracker
    .backend<MemoryBackend>(path)
    .events()
    .map(({ context }) => context);

describe('Two trackers of one application', () => {
  const start = async (): Promise<{ tracker: TrackerService; audit: TrackerService }> => {
    const { tracker, app } = await startTracker({}, { imports: [auditModule()] });
    return { tracker, audit: app.get<TrackerService>(getTrackerToken('audit')) };
  };

  it('each have their own scopes, however they are nested', async () => {
    const { tracker, audit } = await start();
    const emitBoth = (): void => {
      tracker.emit('e');
      audit.emit('e');
    };
    await tracker.context({ of: 'tracker', outer: true }, async () => {
      emitBoth();
      await audit.context({ of: 'audit' }, async () => {
        await turn();
        emitBoth();
        tracker.context({ of: 'tracker again' }, emitBoth);
        audit.enterContext('entered', { entered: true });
        tracker.enterContext('entered', { entered: 'by the tracker' });
        emitBoth();
      });
      emitBoth();
    });
    emitBoth();
    expect(contextsOf(tracker, 'sink')).toEqual([
      { of: 'tracker', outer: true },
      { of: 'tracker', outer: true },
      { of: 'tracker again', outer: true },
      { of: 'tracker', outer: true, entered: 'by the tracker' },
      { of: 'tracker', outer: true, entered: 'by the tracker' },
      {},
    ]);
    expect(contextsOf(audit, 'audit_sink')).toEqual([
      {},
      { of: 'audit' },
      { of: 'audit' },
      { of: 'audit', entered: true },
      {},
      {},
    ]);
  });

  it('do not leave what the other has entered', async () => {
    const { tracker, audit } = await start();
    tracker.context('job', { job: 1 }, () => {
      expect(() => audit.exitContext('job')).toThrow(UnknownContextException);
      expect(tracker.currentContext()).toEqual({ job: 1 });
    });
  });

  it('do not share what is entered for the process', async () => {
    const { tracker, audit } = await start();
    tracker.enterContext('release', { release: 'v1' });
    expect(audit.currentContext()).toEqual({});
  });

  it('are current in turn: the one whose scope was opened last', async () => {
    const { tracker, audit } = await start();
    expect(currentTracker()).toBeUndefined();
    await tracker.context({}, async () => {
      expect(currentTracker()).toBe(tracker);
      await audit.context({}, async () => {
        await turn();
        expect(currentTracker()).toBe(audit);
        tracker.context({}, () => expect(currentTracker()).toBe(tracker));
        expect(currentTracker()).toBe(audit);
      });
      expect(currentTracker()).toBe(tracker);
    });
    expect(currentTracker()).toBeUndefined();
  });

  it('get the scopes of @TrackingContext by their name', async () => {
    @Injectable()
    class Work {
      constructor(
        private readonly tracker: TrackerService,
        @InjectTracker('audit') private readonly audit: TrackerService,
      ) {}

      @TrackingContext({ audited: true }, { tracker: 'audit' })
      audited(): EventFields[] {
        return [this.tracker.currentContext(), this.audit.currentContext()];
      }

      @TrackingContext({ tracked: true })
      @TrackingContext({ audited: true }, { tracker: 'audit' })
      both(): EventFields[] {
        return [this.tracker.currentContext(), this.audit.currentContext()];
      }
    }
    const { app } = await startTracker({}, { imports: [auditModule()], providers: [Work] });
    expect(app.get(Work).audited()).toEqual([{}, { audited: true }]);
    expect(app.get(Work).both()).toEqual([{ tracked: true }, { audited: true }]);
  });
});

describe('Two applications of one process', () => {
  it('each have their own scopes, and each its current tracker', async () => {
    const first = await startTracker();
    const second = await startTracker();
    const emitBoth = (): void => {
      first.tracker.emit('e');
      second.tracker.emit('e');
    };
    first.tracker.enterContext('release', { release: 'first' });
    await first.tracker.context({ user_id: 1 }, async () => {
      await turn();
      emitBoth();
      second.tracker.context({ user_id: 2 }, () => {
        expect(currentTracker()).toBe(second.tracker);
        emitBoth();
      });
      expect(currentTracker()).toBe(first.tracker);
    });
    expect(first.contexts()).toEqual(new Array(2).fill({ release: 'first', user_id: 1 }));
    expect(second.contexts()).toEqual([{}, { user_id: 2 }]);
  });

  it('go on when one is closed', async () => {
    const first = await startTracker();
    const second = await startTracker();
    await second.tracker.context({ user_id: 2 }, async () => {
      await first.app.close();
      second.tracker.emit('e');
    });
    expect(second.contexts()).toEqual([{ user_id: 2 }]);
  });
});

describe.each(platforms)('In a request on %s', (_platform, Adapter) => {
  @Controller()
  class BothController {
    constructor(
      private readonly tracker: TrackerService,
      @InjectTracker('audit') private readonly audit: TrackerService,
    ) {}

    @Get('both')
    async both(): Promise<object> {
      await turn();
      const names = [currentTracker()?.name];
      this.audit.context({ audited: true }, () => names.push(currentTracker()?.name));
      this.tracker.enterContext('course', { course: 'a' });
      return { names, contexts: [this.tracker.currentContext(), this.audit.currentContext()] };
    }
  }

  it('each tracker has its own fields and entries, and the one imported first is current', async () => {
    const run = await TestCase.of({
      controllers: [BothController],
      imports: [
        TrackingModule.forRoot({
          name: 'audit',
          requestContext: { fields: { agent: false, accept_language: false, host: false, username: 'login' } },
        }),
      ],
    })
      .on(Adapter)
      .tracking({
        backends: { sink: backend(MemoryBackend) },
        requestContext: { fields: { agent: false, accept_language: false, host: false, user_id: false } },
      })
      .start();
    const { body } = await run.get('/both', {
      headers: { 'x-request-id': 'r-1' },
      as: { userId: 1, username: 'ann' },
    });
    const shared = { request_id: 'r-1', ip: '127.0.0.1', path: '/both', method: 'GET' };
    expect(body).toEqual({
      names: ['default', 'audit'],
      contexts: [
        { ...shared, username: 'ann', course: 'a' },
        { ...shared, user_id: 1, login: 'ann' },
      ],
    });
  });

  it('a tracker without a request context is not current, and has the base scope', async () => {
    const run = await TestCase.of({
      controllers: [BothController],
      imports: [TrackingModule.forRoot({ name: 'audit', requestContext: false })],
    })
      .on(Adapter)
      .start();
    const { body } = await run.get('/both');
    expect(body).toMatchObject({ names: ['default', 'audit'], contexts: [{ path: '/both' }, {}] });
    expect((body as { contexts: object[] }).contexts[1]).toEqual({});
  });

  it('that one application sends to another, each has its own', async () => {
    @Controller()
    class CallingController {
      static url = '';

      constructor(private readonly tracker: TrackerService) {}

      @Get('call')
      async call(): Promise<object> {
        return this.tracker.context({ of: 'caller' }, async () => {
          const response = await fetch(`${CallingController.url}/answer`);
          return { theirs: await response.json(), ours: this.tracker.currentContext() };
        });
      }

      @Get('answer')
      answer(): object {
        return this.tracker.currentContext();
      }
    }
    const called = await TestCase.of({ controllers: [CallingController] })
      .on(Adapter)
      .start();
    CallingController.url = await called.url();
    const calling = await TestCase.of({ controllers: [CallingController] })
      .on(Adapter)
      .start();
    const { body } = await calling.get('/call', { as: { userId: 1, username: 'ann' } });
    const { theirs, ours } = body as { theirs: EventFields; ours: EventFields };
    expect(ours).toMatchObject({ path: '/call', user_id: 1, of: 'caller' });
    expect(theirs).toMatchObject({ path: '/answer' });
    expect(theirs).not.toHaveProperty('user_id');
    expect(theirs).not.toHaveProperty('of');
    expect(theirs['request_id']).not.toBe(ours['request_id']);
  });
});
