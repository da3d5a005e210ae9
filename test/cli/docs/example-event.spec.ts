import { z } from 'zod';
import { defineEvent } from '../../../src/catalog/define-event';
import { exampleEvents } from '../../../src/cli/docs/example-event';

describe('exampleEvents: the example of an event', () => {
  it.each([
    ['a date', z.object({ at: z.date() })],
    ['an optional date', z.object({ at: z.date().optional() })],
    ['dates in lists', z.object({ days: z.array(z.object({ from: z.date(), to: z.date().nullable() })) })],
    ['dates by name', z.object({ done: z.record(z.string(), z.date()) })],
    ['a date next to a string of a date', z.object({ at: z.date(), text: z.iso.datetime() })],
    ['a date in one of two forms', z.object({ at: z.union([z.object({ on: z.date() }), z.object({ x: z.int() })]) })],
  ])('fits the schema of %s, which the event holds as a Date', (_what, data) => {
    const [{ fits, event }] = exampleEvents(defineEvent('video.played', { data }));
    expect(fits).toBe(true);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  it('fits the schema of a context with a date', () => {
    const [{ fits }] = exampleEvents(
      defineEvent('video.played', { context: z.object({ session: z.object({ since: z.date() }) }) }),
    );
    expect(fits).toBe(true);
  });

  it('fits if the definition gives it, Dates and all', () => {
    const data = z.object({ at: z.date(), n: z.int() });
    const [{ fits, isMadeUp }] = exampleEvents(
      defineEvent('video.played', { data, examples: [{ at: new Date(0), n: 1 }] }),
    );
    expect([fits, isMadeUp]).toEqual([true, false]);
  });

  it('does not fit where a rule refuses what was made up', () => {
    const data = z.object({ at: z.date(), code: z.string().refine((code) => code === 'k-17') });
    expect(exampleEvents(defineEvent('video.played', { data }))[0].fits).toBe(false);
  });
});
