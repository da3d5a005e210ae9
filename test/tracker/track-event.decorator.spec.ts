import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable, of, throwError } from 'rxjs';
import { TrackerService, TrackEvent } from 'nestjs-event-tracking';
import { type Outcome, anyDuration, fail, failure, tracked, valuesOf } from './track-event-parts';

describe('@TrackEvent on a method that returns a value', () => {
  it('emits once it has returned, with what it was given and gave', async () => {
    const run = await tracked((a: number, b: number) => a + b);
    expect(run.call(1, 2)).toBe(3);
    expect(run.seen).toEqual([{ args: [1, 2], result: 3, error: undefined, durationMs: anyDuration, count: 1 }]);
    expect(run.names()).toEqual(['done']);
  });

  it('emits once it has thrown, and the caller gets the very error', async () => {
    const run = await tracked(fail);
    expect(() => run.call('a')).toThrow(failure);
    expect(run.seen).toEqual([{ args: ['a'], result: undefined, error: failure, durationMs: anyDuration, count: 0 }]);
  });

  it.each<[unknown]>([[undefined], [null], [0], [''], [{}], [[1]], [Symbol('s')], [() => 1]])(
    'gives the caller the very %p that it returned',
    async (value) => {
      const run = await tracked(() => value);
      expect(run.call()).toBe(value);
      expect(run.seen).toHaveLength(1);
    },
  );

  it('measures the time from the call to the end', async () => {
    const run = await tracked(() => {
      const until = performance.now() + 5;
      while (performance.now() < until);
    });
    run.call();
    expect(run.seen[0]!.durationMs).toBeGreaterThanOrEqual(5);
  });

  it('gives back what cannot even be looked at, and emits', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const unreadable = Object.defineProperty({}, 'then', { get: fail });
    const run = await tracked((value: unknown) => value);
    expect(run.call(proxy) === proxy).toBe(true);
    expect(run.call(unreadable) === unreadable).toBe(true);
    expect(run.names()).toEqual(['done', 'done']);
  });
});

describe('@TrackEvent by its option on', () => {
  const ways: readonly (readonly [way: string, succeed: () => unknown, fail: () => unknown])[] = [
    ['a value', () => 1, fail],
    ['a promise', async () => Promise.resolve(1), async () => Promise.reject(failure)],
    ['an Observable', () => of(1), () => throwError(() => failure)],
    [
      'an async iterator',
      async function* () {
        yield await Promise.resolve(1);
      },
      async function* () {
        await Promise.reject(failure);
      },
    ],
  ];

  async function ends(give: unknown): Promise<void> {
    if (give instanceof Observable) await lastValueFrom(give);
    else if (typeof (give as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === 'function') {
      await valuesOf(give as AsyncIterable<unknown>);
    } else await give;
  }

  it.each(ways)('emits what it is asked for when it gives %s', async (_way, succeed, failing) => {
    for (const [on, names] of [
      ['success', ['ok']],
      ['error', ['failed']],
      ['settled', ['ok', 'failed']],
      [undefined, ['ok']],
    ] as const) {
      const endings: string[] = [];
      const options = {
        on,
        data: ({ error }: Outcome) => {
          endings.push(error === undefined ? 'ok' : 'failed');
          return {};
        },
      };
      const run = await tracked((isGood: boolean) => (isGood ? succeed() : failing()), options);
      await ends(run.call(true));
      await (async () => ends(run.call(false)))().catch(() => undefined);
      expect(endings).toEqual(names);
      expect(run.names()).toEqual(names.map(() => 'done'));
    }
  });
});

describe('@TrackEvent beside a tracker of a unit test', () => {
  @Injectable()
  class Service {
    @TrackEvent('done', { data: ({ result }) => ({ result }), context: fail })
    call(): string {
      return 'given';
    }
  }

  async function serviceWith(tracker: unknown): Promise<Service> {
    const module = await Test.createTestingModule({
      providers: [Service, { provide: TrackerService, useValue: tracker }],
    }).compile();
    return module.get(Service);
  }

  it('emits through a stub that has nothing but emit', async () => {
    const stub = { emit: jest.fn() };
    expect((await serviceWith(stub)).call()).toBe('given');
    expect(stub.emit).toHaveBeenCalledWith('done', { result: 'given' });
  });

  it.each<[string, unknown]>([
    ['an empty one', {}],
    ['one whose emit fails', { emit: fail }],
  ])('leaves the caller alone with %s', async (_what, stub) => {
    expect((await serviceWith(stub)).call()).toBe('given');
  });
});

describe('@TrackEvent where it cannot stand', () => {
  // As JavaScript would: TypeScript refuses these.
  const decorate = TrackEvent('done') as unknown as (
    target: object,
    key: string,
    descriptor?: PropertyDescriptor,
  ) => void;

  it.each<[string, PropertyDescriptor | undefined]>([
    ['a field', undefined],
    ['an accessor', { get: () => 1 }],
    ['a value', { value: 1 }],
  ])('says so when the class is made: on %s', (_what, descriptor) => {
    const decorated = (): void => decorate({}, 'enrol', descriptor);
    expect(decorated).toThrow(TypeError);
    expect(decorated).toThrow('@TrackEvent was put on enrol, which is not a method. Fix: put it on a method');
  });
});

describe('What a tracked method is called from', () => {
  it('does not matter: an event emitter keeps its listener', async () => {
    const run = await tracked((value: number) => value);
    const emitter = new EventEmitter();
    emitter.on('event', run.call);
    emitter.emit('event', 7);
    expect(run.seen).toEqual([expect.objectContaining({ args: [7], result: 7 })]);
  });
});
