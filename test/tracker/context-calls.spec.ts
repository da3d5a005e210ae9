import { InvalidContextException } from '../../src/context/invalid-context.exception';
import { UnknownContextException } from '../../src/context/unknown-context.exception';
import { enterContext, exitContext, runInContext } from '../../src/tracker/context-calls';
import { createTrackerParts } from '../../src/tracker/tracker-parts';
import { LogLines, runtimeOptions } from './bare-runtime';

function runtime(isServing = false) {
  const log = new LogLines();
  const parts = createTrackerParts({}, runtimeOptions(log.notices));
  return { runtime: { parts, isServing }, log, values: () => parts.scopes.view().values };
}

describe('runInContext', () => {
  it('runs the body in a scope with the values', () => {
    const { runtime: own, values } = runtime();
    expect(runInContext(own, 'user', { user_id: 7 }, values)).toEqual({ user_id: 7 });
    expect(values()).toEqual({});
  });

  it('runs the body without values that are no object, and logs that', () => {
    const { runtime: own, values, log } = runtime();
    expect(runInContext(own, 'user', 'ann', values)).toEqual({});
    expect(log.lines).toEqual([expect.stringMatching(/^context\("user"\) was given/)]);
  });

  it('copies the values at once', () => {
    const { runtime: own, values } = runtime();
    const given = { user_id: 7 };
    const seen = runInContext(own, 'user', given, () => {
      given.user_id = 8;
      return values();
    });
    expect(seen).toEqual({ user_id: 7 });
  });

  it('converts a name that is no string', () => {
    const { runtime: own } = runtime();
    expect(runInContext(own, 7, { a: 1 }, () => own.parts.scopes.current().openNames())).toEqual(['7']);
  });
});

describe('enterContext and exitContext', () => {
  it('add values to the nearest scope, and remove them', () => {
    const { runtime: own, values } = runtime();
    runInContext(own, 'user', { user_id: 7 }, () => {
      enterContext(own, 'course', { course_id: 'x' });
      expect(values()).toEqual({ user_id: 7, course_id: 'x' });
      exitContext(own, 'course');
      expect(values()).toEqual({ user_id: 7 });
    });
    expect.assertions(2);
  });

  it('refuse values that are no object, and enter nothing', () => {
    const { runtime: own, values } = runtime();
    expect(() => enterContext(own, 'user', 7)).toThrow(InvalidContextException);
    expect(values()).toEqual({});
  });

  it('refuse to leave a context that is not open, and list those that are', () => {
    const { runtime: own } = runtime();
    enterContext(own, 'release', { release: 1 });
    expect(() => exitContext(own, 'user')).toThrow(UnknownContextException);
    expect(() => exitContext(own, 'user')).toThrow(/release/);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('warn of values outside every scope while the application serves: %p', (isServing, lines) => {
    const { runtime: own, log } = runtime(isServing);
    runInContext(own, 'job', {}, () => enterContext(own, 'user', { user_id: 7 }));
    expect(log.lines).toEqual([]);
    enterContext(own, 'user', { user_id: 7 });
    expect(log.lines).toHaveLength(lines);
  });
});
