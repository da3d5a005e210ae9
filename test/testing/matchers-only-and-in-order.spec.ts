import { matchers } from '../../src/entries/testing';
import { compiled } from './compiled';
import { IN_ORDER, aLearner, failure, text } from './matcher-parts';

expect.extend(matchers);

describe('toHaveTrackedOnly', () => {
  it('accepts the only event, by name, data and context', async () => {
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

  it('accepts all events in any order, one expectation for each', async () => {
    const { module } = await aLearner();

    expect(module).toHaveTrackedOnly(['play_video', 'problem_check', 'problem_check']);
    // The first fits both checks, and must not take the only one that the second fits.
    expect(module).toHaveTrackedOnly(['problem_check', { name: 'problem_check', data: { attempts: 1 } }, /video/]);
    expect(module).not.toHaveTrackedOnly(['play_video', 'problem_check']);
    expect(module).not.toHaveTrackedOnly(['play_video', 'problem_check', 'problem_check', 'problem_check']);
    expect(module).not.toHaveTrackedOnly(['play_video', 'play_video', 'problem_check']);
  });

  it('reports which events are missing and which are unexpected', async () => {
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
  it('accepts events in order, whatever comes between them', async () => {
    const { module } = await aLearner();

    expect(module).toHaveTrackedInOrder(['problem_check', 'play_video', 'problem_check']);
    expect(module).toHaveTrackedInOrder(['problem_check', 'problem_check']);
    expect(module).toHaveTrackedInOrder([{ data: { attempts: 1 } }, /video/, { context: { user_id: 7 } }]);
    expect(module).toHaveTrackedInOrder([]);
    expect(module).not.toHaveTrackedInOrder(['play_video', 'play_video']);
    expect(module).not.toHaveTrackedInOrder(['problem_check', 'problem_check', 'play_video']);
    expect(module).not.toHaveTrackedInOrder([{ data: { attempts: 2 } }, { data: { attempts: 1 } }]);
  });

  it('reports how many events matched, and where the next one is', async () => {
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
