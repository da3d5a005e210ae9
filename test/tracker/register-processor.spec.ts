import { RegexFilter, TrackingConfigException, type Processor, type TrackingEvent } from 'nestjs-event-tracking';
import { buildTracking, expectBalance, startTracking } from '../support/start-tracking';

describe('registerProcessor', () => {
  it('adds a processor at the root, which runs after those of the tree', async () => {
    const append =
      (text: string): Processor =>
      (event) => {
        event.name += text;
      };
    const { tracker, names, ledger } = await startTracking({ processors: [append('1'), append('2')] });
    tracker.registerProcessor(append('3'));
    tracker.registerProcessor({ process: append('4') });
    tracker.emit('');
    expect(names()).toEqual(['unknown1234']);
    expectBalance(ledger);
  });

  it('accepts an instance of a shipped filter', async () => {
    const { tracker, names, ledger } = await startTracking();
    tracker.registerProcessor(new RegexFilter({ regularExpressions: ['edx\\.'] }));
    tracker.emit('other');
    tracker.emit('edx.course');
    expect(names()).toEqual(['edx.course']);
    expect(ledger.node('')).toMatchObject({ received: 2, passed: 1, dropped: { filtered: 1 } });
  });

  it('accepts a processor before the start: it runs after those of the tree, also on events that waited', async () => {
    const { app, tracker, names } = await buildTracking({
      processors: [(event): void => void (event.name += ' tree')],
    });
    tracker.emit('early');
    tracker.registerProcessor((event) => void (event.name += ' registered'));
    await app.init();
    expect(names()).toEqual(['early tree registered']);
  });

  it('calls the process method with its instance', async () => {
    class Counting {
      private count = 0;

      process(event: TrackingEvent): void {
        event.data['count'] = ++this.count;
      }
    }
    const { tracker, last } = await startTracking();
    tracker.registerProcessor(new Counting());
    tracker.emit('event');
    expect(last().data).toEqual({ count: 1 });
  });

  it('skips a processor that fails, counted under a place that names it', async () => {
    const { tracker, names, ledger } = await startTracking({ processors: [() => undefined] });
    tracker.registerProcessor(() => {
      throw new Error('no');
    });
    tracker.emit('event');
    expect(names()).toEqual(['event']);
    expect(ledger.node('')?.failures).toEqual({ 'processors[1] (registered)': 1 });
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'filter'],
    ['an object without process', {}],
    ['a process that is no function', { process: true }],
    [
      'a class instead of an instance',
      class {
        process(): void {}
      },
    ],
    ['a class without process', class {}],
    ['an async function', async () => Promise.resolve()],
    ['an object whose process is async', { process: async () => Promise.resolve() }],
  ])('refuses %s with its place and a fix, and changes nothing', async (_what, processor) => {
    const { tracker, names, ledger } = await startTracking();
    const register = (): void => tracker.registerProcessor(processor as Processor);
    expect(register).toThrow(TrackingConfigException);
    expect(register).toThrow('processors[0] (registered)');
    expect(register).toThrow('Fix: ');
    tracker.emit('event');
    expect(names()).toEqual(['event']);
    expect(ledger.node('')).toMatchObject({ passed: 1, failures: {} });
  });
});
