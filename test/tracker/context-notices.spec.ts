import { warnEnteredOutside, warnNoValues } from '../../src/tracker/context-notices';
import { LogLines } from './bare-runtime';

describe('warnEnteredOutside', () => {
  it('warns once, since every event of a request could cause it', () => {
    const { notices, lines } = new LogLines();
    warnEnteredOutside(notices, 'user');
    warnEnteredOutside(notices, 'course');
    expect(lines).toEqual([expect.stringMatching(/^enterContext\("user"\) was called outside every scope.*Fix: /)]);
  });
});

describe('warnNoValues', () => {
  it('warns once for each name, and shows no values', () => {
    const { notices, lines } = new LogLines();
    warnNoValues(notices, 'user', 'secret');
    warnNoValues(notices, 'user', 7);
    warnNoValues(notices, 'course', undefined);
    expect(lines).toEqual([
      expect.stringMatching(/^context\("user"\) was given .* instead of an object with keys.*Fix: /),
      expect.stringMatching(/^context\("course"\) was given undefined instead/),
    ]);
  });
});
