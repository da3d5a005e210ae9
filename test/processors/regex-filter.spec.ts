import { processor, RegexFilter } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';
import { matching, passing } from './regex-filter-parts';

describe('RegexFilter', () => {
  it('matches from the start of the name, and need not reach its end', async () => {
    expect(
      await matching('edx.course', 'edx.course', 'edx.course.enrollment', 'pre.edx.course', 'edx', 'edxXcourse'),
    ).toEqual(['edx.course', 'edx.course.enrollment', 'edxXcourse']);
  });

  it('matches at the start of the name in every alternative', async () => {
    expect(await matching('z|y', 'zed', 'yak', 'xyz')).toEqual(['zed', 'yak']);
  });

  it('needs one of several patterns', async () => {
    const regularExpressions = ['edx\\.a', 'edx\\.b\\.[0-9]+$', 'edx\\.a'];
    const names = ['edx.a', 'edx.abc', 'edx.b.12', 'edx.b.x'];
    expect(await passing({ regularExpressions }, names)).toEqual(['edx.a', 'edx.abc', 'edx.b.12']);
    expect(await passing({ filterType: 'blocklist', regularExpressions }, names)).toEqual(['edx.b.x']);
  });

  it('keeps nothing as an allowlist with an empty list, which is the default, and everything as a blocklist', async () => {
    expect(await passing({ regularExpressions: [] }, ['a', ''])).toEqual([]);
    expect(await passing({ filterType: 'allowlist', regularExpressions: [] }, ['a'])).toEqual([]);
    expect(await passing({ filterType: 'blocklist', regularExpressions: [] }, ['a', ''])).toEqual(['a', 'unknown']);
    expect(await passing({ regularExpressions: [''] }, ['a', ''])).toEqual(['a', 'unknown']);
  });

  it('judges each name independently of earlier names', async () => {
    expect(await matching('abc', 'abc', 'abc', 'xabc', 'abc')).toEqual(['abc', 'abc', 'abc']);
  });

  it('takes any collection of patterns', async () => {
    expect(await passing({ regularExpressions: new Set(['a']) }, ['a', 'b'])).toEqual(['a']);
    const once = (function* () { yield 'a'; })(); // prettier-ignore
    expect(await passing({ regularExpressions: once }, ['a', 'b', 'a'])).toEqual(['a', 'a']);
  });

  it('judges the string that a name was converted to', async () => {
    expect(await passing({ regularExpressions: ['7', 'unk', '\\["e'] }, [7, 8, undefined, ['e']])).toEqual([
      '7',
      'unknown',
      '["e"]',
    ]);
  });

  it('sees the name that earlier processors left', async () => {
    const run = await startTracking({
      processors: [
        (event) => ({ ...event, name: event.name.replace('legacy', 'edx.new') }),
        processor(RegexFilter, { regularExpressions: ['edx\\.'] }),
        processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['.*private'] }),
      ],
    });
    for (const name of ['legacy', 'legacy2', 'edx.private', 'x']) run.tracker.emit(name);
    expect(run.names()).toEqual(['edx.new', 'edx.new2']);
  });

  it.each<readonly [pattern: string, matched: readonly string[], others: readonly string[]]>([
    // Anchors. The end may be followed by one newline, as in the reference: a blocklist must not
    // let `edx.private\n` pass.
    [
      '^edx\\.play$',
      ['edx.play', 'edx.play\n'],
      ['edx.play.x', 'x.edx.play', 'edx.play\n\n', 'edx.play\r', 'edx.play\u2028'],
    ],
    ['edx\\.(a|b$)', ['edx.a', 'edx.ab', 'edx.b', 'edx.b\n'], ['edx.bc', 'edx.b\nc']],
    ['\\Aedx\\.play\\Z', ['edx.play'], ['edx.play\n', 'edx.play.x', 'Aedx.playZ', 'Aedx']],
    ['edx\\.\\$x\\^', ['edx.$x^'], ['edx.x']],
    ['[$^]a', ['$a', '^a'], ['a']],
    ['[\\]$]a', [']a', '$a'], ['a']],
    ['(?m)a$', ['a', 'a\nb'], ['ab']],
    ['(?m)^a$\n^b$', ['a\nb'], ['ab']],
    ['a\\b', ['a', 'a.b'], ['ab']],

    // Flags and groups in the reference's spelling.
    ['(?i)edx\\.Video', ['EDX.VIDEO.play', 'edx.video'], ['edxavideo']],
    ['(?s)a.b', ['a\nb', 'axb'], ['ab']],
    ['a.b', ['axb', 'a\u{1f600}b'], ['a\nb', 'ab']],
    ['(?is)A.b', ['a\nB'], ['aB']],
    ['(?P<w>ab)-(?P=w)', ['ab-ab'], ['ab-ba', 'ab-']],
    ['(?P<y>[0-9]{4})-(?P<m>[0-9]{2})', ['2024-02'], ['2024-2']],
    ['(?<w>ab)-\\k<w>', ['ab-ab'], ['ab-ba']],
    ['(.)\\1\\1', ['aaab'], ['aab']],
    ['[(?P<]x', ['(x', '?x', 'Px', '<x'], ['x']],
    ['[(?P=w)]x', ['=x', 'wx'], ['x']],

    // Escapes that are not needed stand for the sign itself; in the reference as well.
    ['edx\\_a\\-b\\:c\\ d\\"e', ['edx_a-b:c d"e'], ['edx\\_a']],
    ["\\'\\,\\;\\<\\>\\=\\!\\@\\#\\%\\&\\~\\`", ["',;<>=!@#%&~`"], ['x']],
    ['[a\\-z\\_]x', ['ax', '-x', 'zx', '_x'], ['bx']],
    ['[\\w\\-\\.]+$', ['a-b.c'], ['a b']],
    ['a\\/b', ['a/b'], ['ab']],
    ['\\x41\\u0042', ['AB'], ['x41']],
    ['problem\\[[0-9]{2,3}\\]', ['problem[12]'], ['problem[1]', 'problem[1234]']],
    ['[^a-z]{3}', ['ABC'], ['AB', '12a']],

    // Looking around.
    ['edx(?!\\.private)', ['edx.public'], ['edx.private.x']],
    ['a(?=b)', ['ab'], ['ac']],
    ['xy(?<=y)z', ['xyz'], ['yz']],

    // With the `u` flag a dot is a character, not half of one.
    ['^.$', ['é', '\u{1f600}'], ['e\u0301', 'ab']],
    ['[\u{1f600}]x', ['\u{1f600}x'], ['\ud83dx']],
    ['(?i)\u00c9', ['é', 'É'], ['e']],
  ])('reads %j as the reference does', async (pattern, matched, others) => {
    expect(await matching(pattern, ...matched, ...others)).toEqual(matched);
  });

  it('holds the event back when it cannot decide', async () => {
    const filter = new RegexFilter({ filterType: 'blocklist', regularExpressions: ['a'] });
    filter.keepsName = () => {
      throw new Error('no');
    };
    const run = await startTracking();
    run.tracker.registerProcessor(filter);
    run.tracker.emit('b');
    expect(run.names()).toEqual([]);
    expect(run.ledger.node('')).toMatchObject({ dropped: { 'processor-failed': 1 } });
  });
});
