import type { ProcessorSettings } from '../../src/routing/description';
import { processor } from '../../src/routing/description';
import { PlanErrors } from '../../src/routing/plan-errors';
import { ProcessorPlanner, type ProcessorOwner } from '../../src/routing/processor-planner';
import type { ProcessorPlan } from '../../src/routing/tree-plan';

class Upper {
  process(): void {}
}

class Late {
  async process(): Promise<void> {}
}

class Lookup {
  async processAsync(): Promise<void> {}
}

class Nothing {}

const OWNER: ProcessorOwner = { prefix: 'backends.a.', path: 'a', imports: [], hasQueue: false };
const QUEUED: ProcessorOwner = { ...OWNER, hasQueue: true };

function plan(entries: unknown, owner = OWNER): { plans: ProcessorPlan[]; errors: string[] } {
  const errors = new PlanErrors();
  const plans = new ProcessorPlanner('default', errors).plan(owner, entries);
  return { plans, errors: errors.all.map(({ path, what }) => `${path}: ${what}`) };
}

const planSettings = (settings: object, owner = OWNER, type: unknown = Upper): ReturnType<typeof plan> =>
  plan([processor(type as typeof Upper, undefined, settings as ProcessorSettings)], owner);

describe('ProcessorPlanner', () => {
  it('plans nothing for a node without processors', () => {
    expect(plan(undefined)).toEqual({ plans: [], errors: [] });
  });

  it('plans a function, a class and a description', () => {
    const lower = (): void => undefined;
    const { plans, errors } = plan([lower, Upper, processor(Upper, { a: 1 } as never)]);
    expect(errors).toEqual([]);
    expect(plans).toMatchObject([
      { place: 'backends.a.processors[0] (lower)', type: lower, token: 'TrackingProcessor(a[0])' },
      { place: 'backends.a.processors[1] (Upper)', type: Upper, options: undefined },
      { place: 'backends.a.processors[2] (Upper)', type: Upper, options: { a: 1 } },
    ]);
  });

  it('fills in the defaults of the settings', () => {
    expect(plan([Upper]).plans[0]?.settings).toEqual({ onError: 'skip', timeoutMs: 10_000, concurrency: 10 });
  });

  it('keeps the settings that are given', () => {
    const settings = { onError: 'dead-letter', timeoutMs: 5, concurrency: 2 };
    expect(planSettings(settings, QUEUED, Lookup)).toMatchObject({ plans: [{ settings }], errors: [] });
  });

  it.each<[string, unknown, string]>([
    ['no list', { 0: Upper }, 'backends.a.processors: it is an object, not a list.'],
    [
      'a value that is not a function',
      [7],
      'backends.a.processors[0]: it is 7, neither a function nor a class with a process method.',
    ],
    [
      'a class without a process method',
      [Nothing],
      'backends.a.processors[0] (Nothing): the class has no process method.',
    ],
    ['an async function', [async () => Promise.resolve()], 'it is async, and emit waits for nothing'],
    [
      'a class with an async process',
      [Late],
      'backends.a.processors[0] (Late): it is async, and emit waits for nothing',
    ],
    [
      'an AsyncProcessor without a queue',
      [Lookup],
      'backends.a.processors[0] (Lookup): it is an AsyncProcessor, which waits',
    ],
    [
      'imports that are not a list',
      [processor(Upper, undefined, { imports: 3 as never })],
      'backends.a.processors[0].imports: it is 3, not a list',
    ],
  ])('reports %s once', (_title, entries, message) => {
    const { errors } = plan(entries);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });

  it.each<[string, object, ProcessorOwner, unknown, string]>([
    ['an unknown setting', { onEror: 'skip' }, OWNER, Upper, 'the settings object has the unknown field'],
    [
      'a timeout of a processor that does not wait',
      { timeoutMs: 5 },
      OWNER,
      Upper,
      'the settings object has the unknown field',
    ],
    ['an unknown onError', { onError: 'ignore' }, OWNER, Upper, 'it can be "skip" or "drop".'],
    [
      'dead letters without a queue',
      { onError: 'dead-letter' },
      OWNER,
      Upper,
      '"dead-letter" only in an AsyncRoutingBackend',
    ],
    ['a timeout of no time', { timeoutMs: 0 }, QUEUED, Lookup, 'timeoutMs is 0, not a number from 1 up.'],
    [
      'a concurrency that is not a number',
      { concurrency: '2' },
      QUEUED,
      Lookup,
      'concurrency is "2", not a number from 1 up.',
    ],
  ])('reports %s once', (_title, settings, owner, type, message) => {
    const { errors } = planSettings(settings, owner, type);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });

  it('plans an AsyncProcessor behind a queue, and the processors after one that is wrong', () => {
    expect(plan([Nothing, Lookup], QUEUED).plans).toMatchObject([{ type: Lookup, token: 'TrackingProcessor(a[1])' }]);
  });

  it('plans no processor that could not be called', () => {
    expect(plan([7, Nothing, Lookup]).plans).toEqual([]);
  });

  it('adds the imports of the processor to those of its node', () => {
    class Shared {}
    class Own {}
    const entry = processor(Upper, undefined, { imports: [Own] });
    expect(plan([entry], { ...OWNER, imports: [Shared] }).plans[0]?.imports).toEqual([Shared, Own]);
  });
});
