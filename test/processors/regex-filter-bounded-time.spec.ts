import { RegexFilter } from 'nestjs-event-tracking';
import { cpuMs, expectWithin } from '../support/growth';
import { errorsOf, matching } from './regex-filter-parts';

describe('RegexFilter, in bounded time,', () => {
  it.each<readonly [pattern: string, attack: string]>([
    // Exponential for an engine that goes back.
    ['(a+)+$', `${'a'.repeat(999)}!`],
    ['(a|a)*b', 'a'.repeat(1000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(1000)],
    ['(x+x+)+y', 'x'.repeat(1000)],
    ['(?i)(edx\\.)?(.*\\.)*video', '.'.repeat(1000)],
    ['^(a+)+\\Z', `${'a'.repeat(999)}!`],
    ['(a+)+(?=b)', 'a'.repeat(1000)],
    ['^(a?){50}x', 'a'.repeat(1000)],
    ['^(?:a|b|ab)*c', 'ab'.repeat(500)],
    // Polynomial.
    ['.*.*.*=.*', 'x'.repeat(1000)],
    ['(.*?,){11}P', ','.repeat(1000)],
    ['.*\\.course\\..*\\.activated$', '.course.'.repeat(125)],
    ['^/courses/[^/]+/xblock/.*/handler/.*$', `/courses/x/xblock/${'/handler/'.repeat(109)}\n`],
    ['.*a.*b', 'a'.repeat(1000)],
    ['(\\w+\\.)+\\w+$', `${'a.'.repeat(499)}!`],
    ['edx(?!.*.*private)', `edx${'x'.repeat(997)}`],
    ['\\s*(?<=\\s*\\s*)x', ' '.repeat(1000)],
  ])('matches %j against a hostile name in milliseconds', (pattern, attack) => {
    const filter = new RegexFilter({ regularExpressions: [pattern] });
    expect(attack.length).toBeLessThanOrEqual(1000);
    expectWithin(100, () => cpuMs(() => filter.keepsName(attack)));
  });

  it('is created in milliseconds, whatever the pattern is', () => {
    const patterns = [
      ...['^/courses/[^/]+/xblock/.*/handler/.*$', '^a/b/[^/]+/c/.*$', '(a|b)+c', '.*\\.bookmark\\.(added|removed)'],
      ...['^edx\\.course\\.', '(.)\\1\\1', 'a(?=b)', 'xy(?<=y)z', '^\\w+$', '(?i)^\\w+$', '(\\w+\\.)+\\w+$'],
      ...['^(edx|ora2)\\..*\\.(created|updated|deleted)$', '.*a.*b', '\\Aedx\\..*\\Z', '(.*?,){11}P', '(a+)+$'],
    ];
    for (const pattern of patterns) {
      expectWithin(20, () => cpuMs(() => new RegexFilter({ regularExpressions: [pattern] })));
    }
    const many = Array.from({ length: 2000 }, (_, at) => `^/courses/${String(at)}/[^/]+/xblock/.*/handler/.*$`);
    expectWithin(4000, () => cpuMs(() => new RegexFilter({ regularExpressions: many })));
  });

  it.each(['allowlist', 'blocklist'] as const)(
    'holds back a name of more than 1,000 characters, as %s',
    (filterType) => {
      // Asked itself: emit cuts a name at 1,000 characters unless `limits` says otherwise.
      const long = 'a'.repeat(1001);
      const filter = new RegexFilter({ filterType, regularExpressions: [filterType === 'allowlist' ? 'a' : 'b'] });
      expect([filter.keepsName('a'), filter.keepsName(long)]).toEqual([true, false]);
      const empty = new RegexFilter({ filterType, regularExpressions: [] });
      expect(empty.keepsName(long)).toBe(filterType === 'blocklist');
    },
  );

  it('holds back by its pattern a name of exactly 1,000 characters', async () => {
    const [fit, unfit] = [`${'a'.repeat(999)}b`, `${'a'.repeat(999)}c`];
    expect(await matching('a+b', fit, unfit)).toEqual([fit]);
    expect(await matching('(a+)+b', fit, unfit)).toEqual([fit]);
  });

  it.each([
    ['(.*)*x\\1', 'has a back-reference, and repetitions whose ways multiply'],
    ['(\\w+).*(\\w+)\\1\\2', 'has a back-reference, and repetitions whose ways multiply'],
    ['((a{1,50}){1,50}){1,50}(b+)+', 'is too large'],
  ])('refuses %j, which cannot be matched in bounded time', async (pattern, what) => {
    expect(await errorsOf({ regularExpressions: [pattern] })).toEqual([
      {
        path: 'processors[0] (RegexFilter)',
        what: expect.stringContaining(`${JSON.stringify(pattern)} ${what}`),
        fix: expect.stringMatching(/^(write it without|use smaller counts)/),
      },
    ]);
  });
});
