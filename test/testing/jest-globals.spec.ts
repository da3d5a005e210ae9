import { describe, expect, it } from '@jest/globals';
import { events, matchers, trackingSerializer, type TrackingMatchers } from '../../src/entries/testing';
import { compiled } from './compiled';

// As docs/testing/unit-tests.md says, for those who import `expect`.
declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- declarations merge only with the same parameters
  interface Matchers<R extends void | Promise<void>, T = unknown> extends TrackingMatchers<R> {}
}

expect.extend(matchers);
expect.addSnapshotSerializer(trackingSerializer);

describe('matchers, for an imported expect', () => {
  it('are there, with their types', async () => {
    const { module, tracker } = await compiled();
    tracker.emit('a', { n: 1 });

    expect(module).toHaveTracked('a', { n: expect.any(Number) });
    expect(module).not.toHaveTrackedOnly(['a', /^b/]);
    // @ts-expect-error a number is no name
    expect(() => expect(module).toHaveTracked(1)).toThrow('the name is 1');
    // The result of an assertion on a promise is a promise: no-floating-promises must see it.
    const asserted: Promise<void> = expect(Promise.resolve(events(module))).resolves.toHaveTrackedTimes('a', 1);
    await asserted;
  });
});
