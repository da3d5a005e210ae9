import { stripVTControlCharacters } from 'node:util';
import { Test } from '@nestjs/testing';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  processor,
  RegexFilter,
  TrackerService,
  TrackingModule,
} from '../../src/entries';
import { events, matchers, TrackedEvents, TrackingTestingModule, type MatcherContext } from '../../src/entries/testing';
import { closeLater, RecordingLogger, startTracking } from '../support/start-tracking';
import { compiled } from './compiled';

expect.extend(matchers);

/** A learner who answers twice, with a video between. */
async function aLearner() {
  const run = await compiled();
  const { tracker } = run;
  tracker.context({ user_id: 7, course: { id: 'DemoX' } }, () => {
    tracker.emit('problem_check', { attempts: 1, answers: ['x', { kind: 'free' }], at: new Date(0), fee: 5n });
    tracker.emit('play_video', { code: 'hls' });
    tracker.emit('problem_check', { attempts: 2, success: true });
  });
  return run;
}

/** The text of the failure, as it stands in a log. */
function failure(assertion: () => unknown): string {
  try {
    assertion();
  } catch (error) {
    return stripVTControlCharacters((error as Error).message);
  }
  throw new Error('the assertion holds');
}

const text = (...lines: string[]) => lines.join('\n');

const IN_ORDER = [
  'Tracked, in order:',
  "  1. problem_check { attempts: 1, answers: [ 'x', { kind: 'free' } ], at: 1970-01-01T00:00:00.000Z,…",
  "  2. play_video { code: 'hls' }",
  '  3. problem_check { attempts: 2, success: true }',
];

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

  it('takes an application, a module, a tracker, a backend, what they have tracked, and any list of events', async () => {
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

  it('refuses what cannot be meant, also with not', async () => {
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

  it('says so when tracking is switched off', async () => {
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

  it('fails, also with not, when what it says may be wrong because events gave way to newer ones', async () => {
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

describe('toHaveTracked', () => {
  it.each<[string, ...Parameters<jest.Matchers<void>['toHaveTracked']>]>([
    ['a name', 'play_video'],
    ['an expression', /^play_/],
    ['a matcher for the name', expect.stringMatching(/video$/)],
    ['data in part', 'problem_check', { attempts: 1 }],
    ['a list, its objects in part', 'problem_check', { answers: ['x', {}] }],
    ['an asymmetric matcher', 'problem_check', { attempts: expect.any(Number) }],
    ['one deep inside', 'problem_check', { answers: ['x', { kind: expect.stringContaining('fr') }] }],
    ['one for all the data', 'problem_check', expect.objectContaining({ attempts: 2 })],
    ['one that says not', 'problem_check', { success: expect.not.stringContaining('a') }],
    ['a Date', 'problem_check', { at: new Date(0) }],
    ['a value that has its normal form in the event', 'problem_check', { fee: 5n }],
    ['a field that must not be there', 'problem_check', { attempts: 2, at: undefined }],
    ['context only', 'play_video', undefined, { user_id: 7 }],
    ['data and context', 'play_video', { code: 'hls' }, { course: { id: expect.anything() } }],
    ['no field at all', 'play_video', {}, {}],
  ])('finds by %s, and with not fails for it', async (_by, ...wanted) => {
    const { module } = await aLearner();

    expect(module).toHaveTracked(...wanted);
    expect(failure(() => expect(module).not.toHaveTracked(...wanted))).toContain(
      'Expected not to be tracked, but found:\n',
    );
  });

  it.each<[string, ...Parameters<jest.Matchers<void>['toHaveTracked']>]>([
    ['another name', 'stop_video'],
    ['part of a name', 'video'],
    ['an expression that none fits', /^video/],
    ['another value', 'problem_check', { attempts: 3 }],
    ['a value of another type', 'problem_check', { attempts: '1' }],
    ['a field that is not there', 'problem_check', { grade: 1 }],
    ['a list that is longer', 'problem_check', { answers: ['x', {}, {}] }],
    ['a list that is shorter', 'problem_check', { answers: ['x'] }],
    ['an object for a text', 'play_video', { code: {} }],
    ['another Date', 'problem_check', { at: new Date(1) }],
    ['the text of a Date', 'problem_check', { at: new Date(0).toISOString() }],
    ['a field that must not be there', 'problem_check', { attempts: 1, at: undefined }],
    ['the values of two events', 'problem_check', { attempts: 1, success: true }],
    ['data of one event and the name of another', 'play_video', { attempts: 1 }],
    ['another context', 'play_video', { code: 'hls' }, { user_id: 8 }],
    ['a matcher that says no', 'problem_check', { attempts: expect.any(String) }],
  ])('does not find by %s, and with not is content', async (_by, ...wanted) => {
    const { module } = await aLearner();

    expect(module).not.toHaveTracked(...wanted);
    expect(failure(() => expect(module).toHaveTracked(...wanted))).toContain(IN_ORDER.join('\n'));
  });

  it('shows what the nearest event has in another way, and nothing else of it', async () => {
    const { module } = await aLearner();
    const wanted = { attempts: 3, success: expect.any(Boolean), grade: 1 };

    expect(failure(() => expect(module).toHaveTracked('problem_check', wanted, { user_id: 7 }))).toBe(
      text(
        'expect(events).toHaveTracked("problem_check", data, context)',
        '',
        '2 events are called "problem_check", but none matches. The nearest is:',
        '',
        '- Expected',
        '+ Received',
        '',
        '  Object {',
        '    "context": Object {',
        '      "user_id": 7,',
        '    },',
        '    "data": Object {',
        '-     "attempts": 3,',
        '-     "grade": 1,',
        '+     "attempts": 2,',
        '      "success": Any<Boolean>,',
        '    },',
        '  }',
        '',
        ...IN_ORDER,
      ),
    );
  });

  it('shows the name that was meant', async () => {
    const { module } = await aLearner();

    expect(failure(() => expect(module).toHaveTracked('problem_chek'))).toBe(
      text(
        'expect(events).toHaveTracked("problem_chek")',
        '',
        'No event is called "problem_chek"; the nearest name is "problem_check".',
        '',
        ...IN_ORDER,
      ),
    );
  });

  it('chooses the nearest by name first, then by how much of it fits', async () => {
    const { module } = await aLearner();

    const byName = failure(() => expect(module).toHaveTracked('play_vide', { attempts: 1 }));
    const byFields = failure(() => expect(module).toHaveTracked('problem_check', { attempts: 1, at: 0, success: 1 }));

    expect(byName).toContain('+   "name": "play_video",');
    expect(byFields).toContain('\n      "attempts": 1,\n-     "success": 1,');
  });

  it('says only that there is no such event when none is near', async () => {
    const { module } = await aLearner();

    expect(failure(() => expect(module).toHaveTracked('zzz'))).toContain('\n\nNo event is called "zzz".\n\nTracked');
    expect(failure(() => expect(module).toHaveTracked(/^z/))).toContain('\n\nNo event is called /^z/.\n\nTracked');
    expect(failure(() => expect([]).toHaveTracked('zzz'))).toBe(
      text('expect(events).toHaveTracked("zzz")', '', 'There are no events.'),
    );
  });

  it('with not, shows the events in full', async () => {
    const { module } = await aLearner();

    expect(failure(() => expect(module).not.toHaveTracked('play_video', undefined, { user_id: 7 }))).toBe(
      text(
        'expect(events).not.toHaveTracked("play_video", undefined, context)',
        '',
        'Expected not to be tracked, but found:',
        `  2. {"context": {"course": {"id": "DemoX"}, "user_id": 7}, "data": {"code": "hls"}, "id": "${events(module)[1]!.id}", "name": "play_video", "timestamp": ${events(module)[1]!.timestamp.toISOString()}}`,
      ),
    );
  });
});

describe('toHaveTrackedTimes', () => {
  it('counts the events that fit, whatever else there is', async () => {
    const { module } = await aLearner();

    expect(module).toHaveTrackedTimes('problem_check', 2);
    expect(module).toHaveTrackedTimes('problem_check', 2, { attempts: expect.any(Number) }, { user_id: 7 });
    expect(module).toHaveTrackedTimes('problem_check', 1, { attempts: 1 });
    expect(module).toHaveTrackedTimes('stop_video', 0);
    expect(module).toHaveTrackedTimes(/./, 3);
    expect(module).not.toHaveTrackedTimes('problem_check', 1);
    expect(module).not.toHaveTrackedTimes('problem_check', 3);
  });

  it('says which they are, and why another is not among them', async () => {
    const { module } = await aLearner();

    expect(failure(() => expect(module).toHaveTrackedTimes('problem_check', 1))).toBe(
      text(
        'expect(events).toHaveTrackedTimes("problem_check", 1)',
        '',
        'Expected 1 of "problem_check"; found 2 (events 1, 3).',
        '',
        ...IN_ORDER,
      ),
    );
    expect(failure(() => expect(module).toHaveTrackedTimes('problem_check', 2, { attempts: 1 }))).toBe(
      text(
        'expect(events).toHaveTrackedTimes("problem_check", 2, data)',
        '',
        'Expected 2 of "problem_check" with this data; found 1 (event 1).',
        '',
        '1 event is called "problem_check", but none matches. The nearest is:',
        '',
        '- Expected',
        '+ Received',
        '',
        '  Object {',
        '    "data": Object {',
        '-     "attempts": 1,',
        '+     "attempts": 2,',
        '    },',
        '  }',
        '',
        ...IN_ORDER,
      ),
    );
    expect(failure(() => expect(module).toHaveTrackedTimes('problem_chek', 1))).toContain(
      'Expected 1 of "problem_chek"; found none.\n\nNo event is called "problem_chek"; the nearest name is "problem_check".',
    );
    expect(failure(() => expect(module).not.toHaveTrackedTimes('problem_check', 2))).toContain(
      'Expected any number but 2 of "problem_check"; found 2 (events 1, 3).',
    );
  });
});

describe('toHaveTrackedOnly', () => {
  it('takes the only event, by name, data and context', async () => {
    const { module, tracker } = await compiled();
    tracker.context({ user_id: 7 }, () => tracker.emit('a', { n: 1, m: 2 }));

    expect(module).toHaveTrackedOnly('a');
    expect(module).toHaveTrackedOnly('a', { n: 1 }, { user_id: 7 });
    expect(module).toHaveTrackedOnly([{ data: { n: 1 } }]);
    expect(module).not.toHaveTrackedOnly('b');
    expect(module).not.toHaveTrackedOnly('a', { n: 2 });
    expect(module).not.toHaveTrackedOnly(['a', 'a']);
    expect(module).not.toHaveTrackedOnly([]);
    expect([]).toHaveTrackedOnly([]);
  });

  it('takes all events in any order, each for one', async () => {
    const { module } = await aLearner();

    expect(module).toHaveTrackedOnly(['play_video', 'problem_check', 'problem_check']);
    // The first fits both checks, and must not take the only one that the second fits.
    expect(module).toHaveTrackedOnly(['problem_check', { name: 'problem_check', data: { attempts: 1 } }, /video/]);
    expect(module).not.toHaveTrackedOnly(['play_video', 'problem_check']);
    expect(module).not.toHaveTrackedOnly(['play_video', 'problem_check', 'problem_check', 'problem_check']);
    expect(module).not.toHaveTrackedOnly(['play_video', 'play_video', 'problem_check']);
  });

  it('says what is missing, and what is too much', async () => {
    const { module } = await aLearner();

    expect(failure(() => expect(module).toHaveTrackedOnly('problem_check', { attempts: 3 }))).toBe(
      text(
        'expect(events).toHaveTrackedOnly("problem_check", data)',
        '',
        'Missing "problem_check" with this data. 2 other events are called "problem_check", but none matches. The nearest is:',
        '',
        '- Expected',
        '+ Received',
        '',
        '  Object {',
        '    "data": Object {',
        '-     "attempts": 3,',
        '+     "attempts": 2,',
        '    },',
        '  }',
        '',
        'Not expected: 3 events (marked x).',
        '',
        ...IN_ORDER.map((line) => line.replace(/^ {2}(\d)\. /, '  $1. x ')),
      ),
    );
    expect(failure(() => expect(module).toHaveTrackedOnly(['play_video', 'problem_check']))).toBe(
      text(
        'expect(events).toHaveTrackedOnly(a list of 2)',
        '',
        'Not expected: 1 event (marked x).',
        '',
        ...IN_ORDER.map((line) => line.replace('3. ', '3. x ')),
      ),
    );
    expect(failure(() => expect([]).toHaveTrackedOnly('a'))).toContain('Missing "a". There are no other events.');
    expect(failure(() => expect([{ name: 'a' }]).not.toHaveTrackedOnly('a'))).toContain(
      'Expected other events, but only these were tracked.',
    );
  });
});

describe('toHaveTrackedInOrder', () => {
  it('takes events one after the other, whatever stands between', async () => {
    const { module } = await aLearner();

    expect(module).toHaveTrackedInOrder(['problem_check', 'play_video', 'problem_check']);
    expect(module).toHaveTrackedInOrder(['problem_check', 'problem_check']);
    expect(module).toHaveTrackedInOrder([{ data: { attempts: 1 } }, /video/, { context: { user_id: 7 } }]);
    expect(module).toHaveTrackedInOrder([]);
    expect(module).not.toHaveTrackedInOrder(['play_video', 'play_video']);
    expect(module).not.toHaveTrackedInOrder(['problem_check', 'problem_check', 'play_video']);
    expect(module).not.toHaveTrackedInOrder([{ data: { attempts: 2 } }, { data: { attempts: 1 } }]);
  });

  it('says how far it came, and where the next one stands', async () => {
    const { module } = await aLearner();

    expect(failure(() => expect(module).toHaveTrackedInOrder(['play_video', { data: { attempts: 1 } }, 'end']))).toBe(
      text(
        'expect(events).toHaveTrackedInOrder(a list of 3)',
        '',
        'Expected this order:',
        '  "play_video": event 2',
        '  an event with this data: not after event 2, only before (event 1)',
        '  "end": not searched',
        '',
        ...IN_ORDER,
      ),
    );
    expect(failure(() => expect(module).toHaveTrackedInOrder(['play_vide', 'problem_check']))).toContain(
      text(
        '  "play_vide": missing',
        '  "problem_check": not searched',
        '',
        'No event is called "play_vide"; the nearest name is "play_video".',
      ),
    );
    expect(failure(() => expect(module).not.toHaveTrackedInOrder(['play_video', 'problem_check']))).toContain(
      text('Expected not this order:', '  "play_video": event 2', '  "problem_check": event 3'),
    );
  });
});

describe('toHaveDroppedNothing', () => {
  it('holds while every event has arrived, or was held back on purpose', async () => {
    const { module, tracker } = await compiled({
      processors: [processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['secret'] })],
    });
    tracker.emit('a');
    tracker.emit('secret');

    for (const received of [module, tracker, tracker.ledger, TrackedEvents.of(module)])
      expect(received).toHaveDroppedNothing();
    expect(failure(() => expect(module).not.toHaveDroppedNothing())).toBe(
      text('expect(events).not.toHaveDroppedNothing()', '', 'Expected a loss, but the ledger has none.'),
    );
  });

  it('names every node that lost events, the reason, and how many', async () => {
    const { tracker } = await compiled({
      logger: new RecordingLogger(),
      backends: {
        broken: {
          ...backend(MemoryBackend),
          type: class {
            send(): void {
              throw new Error('no');
            }
          },
        },
      },
      processors: [
        processor(
          ({ name }) => {
            if (name === 'b') throw new Error('no');
          },
          { onError: 'drop' },
        ),
      ],
    });
    for (const name of ['a', 'a', 'b']) tracker.emit(name);

    expect(tracker).not.toHaveDroppedNothing();
    expect(failure(() => expect(tracker).toHaveDroppedNothing())).toBe(
      text(
        'expect(events).toHaveDroppedNothing()',
        '',
        'Expected no loss, but the ledger has 3 events:',
        '  the root: 1 processor-failed',
        '  broken: 2 backend-failed',
      ),
    );
  });

  it('sees what a backend took and could not write', async () => {
    const { app, tracker } = await startTracking({
      logger: new RecordingLogger(),
      shutdownTimeoutMs: 1,
      backends: { log: backend(LoggerBackend, { path: '/dev/null/tracking.log' }) },
    });
    tracker.emit('a');
    expect(app).toHaveDroppedNothing(); // it still may

    await app.close();

    expect(failure(() => expect(app).toHaveDroppedNothing())).toContain('the ledger has 1 event:\n  log: 1 shutdown');
  });

  it('sees what never reached the tree', async () => {
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingModule.forRoot({ maxEarlyEvents: 1, logger: new RecordingLogger() })],
      }).compile(),
    );
    for (const name of ['a', 'b', 'c']) module.get(TrackerService).emit(name);

    expect(failure(() => expect(module).toHaveDroppedNothing())).toContain('  before the tree: 2 not-ready');
  });

  it('refuses what has no books', () => {
    expect(failure(() => expect([]).toHaveDroppedNothing())).toContain(
      'expect was called with a list of 0, which has no ledger.',
    );
    expect(failure(() => expect(new MemoryBackend()).not.toHaveDroppedNothing())).toContain('Fix: use expect(app)');
  });
});

describe('The matchers', () => {
  it('speak in plain text where no framework lends its printers', () => {
    const bare: MatcherContext = { isNot: true };
    const result = matchers.toHaveTracked.call(bare, [{ name: 'a', data: { n: 1 } }], 'a', { n: 1 });
    expect(result.message()).toBe(
      'expect(events).not.toHaveTracked("a", data)\n\nExpected not to be tracked, but found:\n  1. { name: \'a\', data: { n: 1 } }',
    );
    expect(matchers.toHaveTracked.call({}, [{ name: 'a', data: { n: 1 } }], 'a', { n: 2 }).message()).toContain(
      'The nearest is:\n\nExpected: { data: { n: 2 } }\nReceived: { data: { n: 1 } }',
    );
  });

  it('are of this module alone: another copy of the kit extends another expect', async () => {
    const first = await compiled();
    const second = closeLater(await Test.createTestingModule({ imports: [TrackingTestingModule.forRoot()] }).compile());
    first.tracker.emit('a');

    expect(first.module).toHaveTracked('a');
    expect(second).not.toHaveTracked('a');
  });
});
