import { Test } from '@nestjs/testing';
import { backend, MemoryBackend } from '../../src/entries';
import { events, matchers, TrackedEvents, TrackingTestingModule, type MatcherContext } from '../../src/entries/testing';
import { closeLater, startTracking } from '../support/start-tracking';
import { compiled } from './compiled';
import { aLearner, failure, text } from './matcher-parts';

expect.extend(matchers);

describe('expect(…)', () => {
  it('takes the events of one backend of several', async () => {
    const { app, tracker } = await startTracking({
      backends: { a: backend(MemoryBackend), b: backend(MemoryBackend) },
    });
    tracker.emit('e');
    tracker.backend<MemoryBackend>('a').clear();

    expect(TrackedEvents.of(app, { backend: 'b' })).toHaveTrackedOnly('e');
    expect(TrackedEvents.of(app, { backend: 'a' })).not.toHaveTracked('e');
  });

  it('takes an application, a module, a tracker, a backend, their tracked events, and any list of events', async () => {
    const { module, tracker } = await aLearner();
    const lines = events(module).map((event) => JSON.parse(JSON.stringify(event)) as unknown);

    for (const received of [
      module,
      closeLater(module.createNestApplication()),
      tracker,
      tracker.backend<MemoryBackend>('memory'),
      TrackedEvents.of(module),
      events(module),
      lines,
    ]) {
      expect(received).toHaveTracked('play_video', { code: 'hls' }, { user_id: 7 });
      expect(received).not.toHaveTracked('stop_video');
      expect(received).toHaveTrackedTimes('problem_check', 2);
    }
  });

  it('resolves a promise of events', async () => {
    const { module } = await aLearner();

    await expect(Promise.resolve(events(module))).resolves.toHaveTracked('play_video');
    await expect(Promise.resolve(events(module))).resolves.not.toHaveTracked('stop_video');
  });

  it.each<[string, unknown, string]>([
    ['a promise', Promise.resolve([]), 'expect was called with a promise (await it first).'],
    ['nothing', undefined, 'expect was called with undefined.'],
    ['an object', {}, 'expect was called with an object.'],
    ['a list of something else', [{ name: 'a' }, 7], 'the list passed to expect contains 7.'],
  ])('refuses %s, also with not', (_what, received, message) => {
    const said = failure(() => expect(received).toHaveTracked('a'));
    expect(said).toBe(
      `expect(events).toHaveTracked("a")\n\n${message} Fix: ${message.startsWith('the list') ? '' : 'use expect(app) or '}expect(events(app))`,
    );
    expect(failure(() => expect(received).not.toHaveTracked('a'))).toContain(message);
  });

  it('refuses arguments that make no sense, also with not', async () => {
    const { module } = await compiled();
    const nothing = undefined as never;

    for (const { say, message } of [
      { say: (e: jest.JestMatchers<unknown>) => e.toHaveTracked(nothing), message: 'the name is undefined.' },
      {
        say: (e: jest.JestMatchers<unknown>) => e.toHaveTrackedOnly(nothing),
        message: 'the name is undefined.',
      },
      {
        say: (e: jest.JestMatchers<unknown>) => e.toHaveTrackedOnly([nothing]),
        message: 'the list contains undefined.',
      },
      { say: (e: jest.JestMatchers<unknown>) => e.toHaveTrackedInOrder([{}]), message: 'the list contains an object.' },
      {
        say: (e: jest.JestMatchers<unknown>) => e.toHaveTrackedInOrder('a' as never),
        message: 'the list of events is "a".',
      },
      {
        say: (e: jest.JestMatchers<unknown>) => e.toHaveTrackedTimes('a', 1.5),
        message: 'the number of events is 1.5.',
      },
      {
        say: (e: jest.JestMatchers<unknown>) => e.toHaveTrackedTimes('a', nothing),
        message: 'the number of events is undefined.',
      },
    ]) {
      expect(failure(() => say(expect(module) as jest.JestMatchers<unknown>))).toContain(message);
      expect(failure(() => say(expect(module).not as jest.JestMatchers<unknown>))).toContain(message);
    }
  });

  it('reports that tracking is switched off', async () => {
    const { app } = await startTracking({ enabled: false });

    expect(app).not.toHaveTracked('a');
    expect(failure(() => expect(app).toHaveTracked('a'))).toBe(
      text(
        'expect(events).toHaveTracked("a")',
        '',
        'Tracking is switched off (enabled: false), so nothing is tracked.',
        'There are no events.',
      ),
    );
  });

  it('fails, also with not, when its answer may be wrong because older events were discarded', async () => {
    const { module, tracker } = await compiled({ maxEvents: 1 });
    tracker.emit('a');
    tracker.emit('b');
    const message =
      '1 event was evicted by newer ones, so the result is unknown.\nFix: raise maxEvents in backend(MemoryBackend';

    expect(failure(() => expect(module).not.toHaveTracked('a'))).toContain(message);
    expect(failure(() => expect(module).toHaveTracked('a'))).toContain(message);
    expect(failure(() => expect(module).toHaveTrackedOnly('b'))).toContain(message);
    expect(failure(() => expect(module).not.toHaveTrackedOnly('a'))).toContain(message);
    expect(failure(() => expect(module).toHaveTrackedTimes('b', 1))).toContain(message);
    expect(failure(() => expect(module).not.toHaveTrackedTimes('b', 2))).toContain(message);
    expect(failure(() => expect(module).not.toHaveTrackedInOrder(['a', 'b']))).toContain(message);
    expect(module).toHaveTracked('b'); // what is found is found
    expect(module).toHaveTrackedInOrder(['b']);
    expect(failure(() => expect(module).not.toHaveTracked('b'))).toContain('Expected not to be tracked');
  });
});

describe('The matchers', () => {
  it('print plain text where no test framework provides its printers', () => {
    const bare: MatcherContext = { isNot: true };
    const result = matchers.toHaveTracked.call(bare, [{ name: 'a', data: { n: 1 } }], 'a', { n: 1 });
    expect(result.message()).toBe(
      'expect(events).not.toHaveTracked("a", data)\n\nExpected not to be tracked, but found:\n  1. { name: \'a\', data: { n: 1 } }',
    );
    expect(matchers.toHaveTracked.call({}, [{ name: 'a', data: { n: 1 } }], 'a', { n: 2 }).message()).toContain(
      'The nearest is:\n\nExpected: { data: { n: 2 } }\nReceived: { data: { n: 1 } }',
    );
  });

  it('belong to this copy of the kit: another copy extends another expect', async () => {
    const first = await compiled();
    const second = closeLater(await Test.createTestingModule({ imports: [TrackingTestingModule.forRoot()] }).compile());
    first.tracker.emit('a');

    expect(first.module).toHaveTracked('a');
    expect(second).not.toHaveTracked('a');
  });
});
