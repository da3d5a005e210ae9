import { EventEmitter } from 'node:events';
import { Body, Controller, Get, Post, Req } from '@nestjs/common';
import {
  backend,
  MemoryBackend,
  TrackerService,
  type RequestContextOptions,
  type IdentifiedEvent,
} from 'nestjs-event-tracking';
import type { AfterResponse } from 'nestjs-event-tracking/types';
import { isCollected } from '../support/collected';
import { RecordingLogger } from '../support/start-tracking';
import { platforms, TestCase, type RunningCase } from '../support/test-case';
import { until } from '../support/until';

const steps = new EventEmitter();
const timers = new Set<NodeJS.Timeout>();

afterEach(() => {
  for (const timer of timers) clearInterval(timer);
  timers.clear();
});

/** What is run in the flow of a request until it has come to what the test waits for. */
function repeatedly(code: () => void): void {
  timers.add(setInterval(code, 1));
}

@Controller()
class WorkController {
  constructor(private readonly tracker: TrackerService) {}

  @Get('quiet')
  quiet(): void {}

  @Get('late')
  late(): void {
    this.tracker.enterContext('entered', { entered: true });
    repeatedly(() => {
      this.tracker.emit('late');
      this.tracker.context({ job: 7 }, () => this.tracker.emit('late in a scope'));
    });
  }

  @Get('scoped')
  scoped(): void {
    this.tracker.context({ scoped: true }, () => {
      repeatedly(() => this.tracker.emit('late'));
    });
  }

  @Get('bound')
  bound(): void {
    repeatedly(this.tracker.bind(() => this.tracker.emit('late')));
  }

  @Post('body')
  body(@Body() body: object, @Req() request: object): void {
    kept.push(new WeakRef(body), new WeakRef(request));
    repeatedly(() => undefined);
    steps.once(
      'emit',
      this.tracker.bind(() => this.tracker.emit('late')),
    );
  }
}

const kept: WeakRef<object>[] = [];

describe.each(platforms)('After the response on %s', (_platform, Adapter) => {
  const logger = new RecordingLogger();
  const started = (requestContext?: RequestContextOptions): Promise<RunningCase> =>
    TestCase.of({ controllers: [WorkController] })
      .on(Adapter)
      .tracking({ logger, requestContext, backends: { sink: backend(MemoryBackend, { maxEvents: 100_000 }) } })
      .start();
  const uncertain = (run: RunningCase): number => run.tracker.ledger.tracker().uncertainContexts;
  /** The first event of that name after the response is over. */
  const late = async (run: RunningCase, path: string, name = 'late'): Promise<IdentifiedEvent> => {
    await run.get(path, { as: { userId: 1 } });
    await until(() => uncertain(run) > 0);
    const before = run.events().length;
    await until(() =>
      run
        .events()
        .slice(before)
        .some((event) => event.name === name),
    );
    return run.events().slice(before).find((event) => event.name === name)!; // prettier-ignore
  };

  beforeEach(() => {
    logger.warnings.length = 0;
  });

  it('an event keeps the context of its request by default, is counted, and the choice is named once', async () => {
    const run = await started();
    expect((await late(run, '/late')).context).toMatchObject({ user_id: 1, path: '/late', entered: true });
    const warnings = logger.warnings.filter((text) => text.includes('response has ended'));
    expect(warnings).toEqual([expect.stringMatching(/Fix: tracker\.bind\(callback\).*afterResponse: 'keep' \| 'mark' \| 'drop'/)]); // prettier-ignore
  });

  it('an event keeps it without a warning where the application has chosen so', async () => {
    const run = await started({ afterResponse: 'keep' });
    expect((await late(run, '/late')).context).toMatchObject({ user_id: 1, entered: true });
    expect(logger.warnings).toEqual([]);
  });

  it('an event is marked where the application has chosen so, and none before', async () => {
    const run = await started({ afterResponse: 'mark' });
    expect((await late(run, '/late')).context).toMatchObject({ user_id: 1, uncertain_context: true });
    const marked = run.events().filter(({ context }) => context['uncertain_context'] === true);
    expect(marked).toHaveLength(uncertain(run));
  });

  it.each(['/late', '/scoped'])(
    'an event of %s has nothing of its request where the application drops it',
    async (path) => {
      const run = await started({ afterResponse: 'drop' });
      expect((await late(run, path)).context).toEqual({});
    },
  );

  it('a choice that there is not keeps the application from starting', async () => {
    await expect(started({ afterResponse: 'marks' as AfterResponse })).rejects.toThrow(
      /requestContext\.afterResponse: it is "marks"; expected "keep", "mark" or "drop"/,
    );
  });

  it('a scope that is opened then stands for itself where the application drops the request', async () => {
    const run = await started({ afterResponse: 'drop' });
    expect((await late(run, '/late', 'late in a scope')).context).toEqual({ job: 7 });
  });

  it('an event of a function that was bound is never uncertain', async () => {
    for (const afterResponse of ['keep', 'mark', 'drop'] satisfies AfterResponse[]) {
      const run = await started({ afterResponse });
      await run.get('/bound', { as: { userId: 1 } });
      const before = run.events().length;
      await until(() => run.events().length > before + 20);
      expect(run.events().at(-1)!.context).toMatchObject({ user_id: 1, path: '/bound' });
      expect(run.events().at(-1)!.context).not.toHaveProperty('uncertain_context');
      expect(uncertain(run)).toBe(0);
    }
  });

  it('a timer that a request left behind keeps its user alive, but neither its body nor the request', async () => {
    const run = await started();
    kept.length = 0;
    await run.post('/body', { text: 'x'.repeat(10_000) }, { as: { userId: 1 } });
    for (const reference of kept) expect(await isCollected(reference)).toBe(true);
    steps.emit('emit');
    expect(run.events().at(-1)).toMatchObject({ name: 'late', context: { user_id: 1, path: '/body' } });
  });

  it('a field that cannot be read of a request without events is not counted as a failure', async () => {
    const run = await started({ fields: { plan: ({ user }: { user: { plan: { name: string } } }) => user.plan.name } });
    for (let at = 0; at < 3; at++) await run.get('/quiet', { as: { userId: 1 } });
    expect(run.tracker.ledger.tracker().failures).toEqual({});
  });
});
