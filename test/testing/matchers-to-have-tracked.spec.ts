import { events, matchers } from '../../src/entries/testing';
import { IN_ORDER, aLearner, failure, text } from './matcher-parts';

expect.extend(matchers);

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
  ])('finds an event by %s, and fails with not', async (_by, ...wanted) => {
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
  ])('finds no event by %s, and passes with not', async (_by, ...wanted) => {
    const { module } = await aLearner();

    expect(module).not.toHaveTracked(...wanted);
    expect(failure(() => expect(module).toHaveTracked(...wanted))).toContain(IN_ORDER.join('\n'));
  });

  it('shows how the closest event differs, and nothing else of it', async () => {
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

  it('suggests the name that was probably meant', async () => {
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

  it('chooses the closest event by name first, then by the number of fields that match', async () => {
    const { module } = await aLearner();

    const byName = failure(() => expect(module).toHaveTracked('play_vide', { attempts: 1 }));
    const byFields = failure(() => expect(module).toHaveTracked('problem_check', { attempts: 1, at: 0, success: 1 }));

    expect(byName).toContain('+   "name": "play_video",');
    expect(byFields).toContain('\n      "attempts": 1,\n-     "success": 1,');
  });

  it('reports only that there is no such event when none is close', async () => {
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
  it('counts the events that match, whatever else there is', async () => {
    const { module } = await aLearner();

    expect(module).toHaveTrackedTimes('problem_check', 2);
    expect(module).toHaveTrackedTimes('problem_check', 2, { attempts: expect.any(Number) }, { user_id: 7 });
    expect(module).toHaveTrackedTimes('problem_check', 1, { attempts: 1 });
    expect(module).toHaveTrackedTimes('stop_video', 0);
    expect(module).toHaveTrackedTimes(/./, 3);
    expect(module).not.toHaveTrackedTimes('problem_check', 1);
    expect(module).not.toHaveTrackedTimes('problem_check', 3);
  });

  it('lists the events that it counted, and why another did not match', async () => {
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
