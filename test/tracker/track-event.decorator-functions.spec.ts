import { Injectable } from '@nestjs/common';
import { TrackEvent } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';
import { fail, failure, tracked } from './track-event-parts';

describe('The data function of @TrackEvent', () => {
  it('makes the data of the event', async () => {
    const { call, last } = await tracked((id: number) => ({ id }), {
      data: ({ args, result }) => ({ asked: args[0], got: result.id }),
    });
    call(7);
    expect(last()).toMatchObject({ name: 'done', data: { asked: 7, got: 7 } });
  });

  it('may give nothing, and then the event has no data', async () => {
    const { call, last } = await tracked(() => 1, { data: () => undefined });
    call();
    expect(last().data).toEqual({});
  });

  it('may stand alone as the second argument, or be left out', async () => {
    @Injectable()
    class Service {
      @TrackEvent('with', ({ result }) => ({ result }))
      with(): number {
        return 1;
      }

      @TrackEvent('without')
      without(): number {
        return 1;
      }
    }
    const { app, events } = await startTracking({}, { providers: [Service] });
    app.get(Service).with();
    app.get(Service).without();
    expect(events().map(({ name, data }) => [name, data])).toEqual([
      ['with', { result: 1 }],
      ['without', {}],
    ]);
  });

  it.each<[string, () => never, string]>([
    ['throws', fail, 'Error: no'],
    ['returns a promise', () => Promise.resolve({}) as never, 'it returned a promise'],
    ['returns a promise that is rejected', () => Promise.reject(failure) as never, 'it returned a promise'],
  ])(
    'is counted and told once where it %s; the caller notices nothing, and the event goes out',
    async (_what, data, told) => {
      const { call, names, last, ledger, logger } = await tracked(() => 'given', { data });
      expect([call(), call()]).toEqual(['given', 'given']);
      expect(names()).toEqual(['done', 'done']);
      expect(last().data).toEqual({});
      const place = 'the data function of @TrackEvent("done") on Service.call';
      expect(ledger.tracker().failures).toEqual({ [place]: 2 });
      expect(logger.warnings).toEqual([expect.stringContaining(`${place} failed: `)]);
      expect(logger.warnings[0]).toContain(told);
    },
  );

  it('does not take the place of the error that the method threw', async () => {
    const { call } = await tracked(fail, {
      data: () => {
        throw new Error('another');
      },
    });
    expect(() => call()).toThrow(failure);
  });

  it('gets arguments that it may change without another one noticing', async () => {
    @Injectable()
    class Service {
      @TrackEvent('upper', ({ args }) => ({ args }))
      @TrackEvent('lower', ({ args }) => {
        args.length = 0;
      })
      call(text: string): string {
        return text;
      }
    }
    const { app, events } = await startTracking({}, { providers: [Service] });
    expect(app.get(Service).call('given')).toBe('given');
    expect(events().map(({ name, data }) => [name, data])).toEqual([
      ['lower', {}],
      ['upper', { args: ['given'] }],
    ]);
  });

  it('is not called for an end that is not asked for, nor with tracking off', async () => {
    const data = jest.fn();
    const { call } = await tracked(() => 1, { on: 'error', data });
    call();
    expect(data).not.toHaveBeenCalled();

    @Injectable()
    class Service {
      @TrackEvent('done', data)
      call(): string {
        return 'given';
      }
    }
    const off = await startTracking({ enabled: false }, { providers: [Service] });
    expect(off.app.get(Service).call()).toBe('given');
    expect(data).not.toHaveBeenCalled();
  });
});

describe('The context function of @TrackEvent', () => {
  it('adds values to the context of this event only', async () => {
    const { call, tracker, last } = await tracked(() => 1, {
      context: ({ result }) => ({ course_id: result, user_id: 2 }),
      data: () => ({ a: 1 }),
    });
    tracker.context({ user_id: 1, path: '/' }, () => {
      call();
      expect(last()).toMatchObject({ context: { user_id: 2, path: '/', course_id: 1 }, data: { a: 1 } });
      tracker.emit('next');
      expect(last().context).toEqual({ user_id: 1, path: '/' });
    });
  });

  it.each<[string, () => never, unknown]>([
    ['throws', fail, 1],
    ['returns a promise', () => Promise.resolve({}) as never, 1],
  ])('is counted and told once where it %s, and the event goes out without it', async (_what, context) => {
    const { call, last, ledger, logger } = await tracked(() => 'given', { context });
    expect([call(), call()]).toEqual(['given', 'given']);
    expect(last()).toMatchObject({ name: 'done', context: {} });
    const place = 'the context function of @TrackEvent("done") on Service.call';
    expect(ledger.tracker().failures).toEqual({ [place]: 2 });
    expect(logger.warnings).toHaveLength(1);
  });

  it('may give nothing, or what is no context: the event goes out', async () => {
    for (const values of [undefined, null, 'text', [1]]) {
      const { call, last } = await tracked(() => 'given', { context: () => values as never });
      expect(call()).toBe('given');
      expect(last()).toMatchObject({ name: 'done', context: {} });
    }
  });
});
