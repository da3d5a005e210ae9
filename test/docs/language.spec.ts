/**
 * Keeps the language of the project searchable: standard words, complete sentences and short lines.
 * The list contains wording that was common here once. It cannot say whether a text reads well.
 */
import { filesIn, proseOf, sourceTextOf, type Passage } from './prose';

/** Wording to avoid, with the usual words for it. */
const UNUSUAL: readonly (readonly [wording: RegExp, instead: string])[] = [
  [/\bmend(s|ed|ing)?\b/gi, 'fix'],
  [/\bfaults?\b/gi, 'error'],
  [/\ba text\b|\btexts\b/gi, 'string, message'],
  [/\b(whoever|somebody|nobody)\b/gi, 'the caller, another process, no one'],
  [/\banew\b|\bonce more\b/gi, 'again'],
  [/\bin vain\b/gi, 'without success'],
  [/\bfor ever\b/gi, 'forever'],
  [/\b(is|are|was|were|be|being) told\b|\btold (once|of|by|that)\b/gi, 'logged, reported'],
  [/\btells? of\b/gi, 'reports'],
  [/\b(the|its) books\b/gi, 'counters, ledger'],
  [/\bheld against\b/gi, 'validated against'],
  [/\b(given|gives?) up\b/gi, 'stop, abandon'],
  [/\bwant of (room|memory|space)\b/gi, 'lack of capacity'],
  [/\b(stands?|stood) (in|for|there|beside|before|behind|under|above|below)\b/gi, 'is'],
  [/\bbeside\b/gi, 'next to'],
  [/\bbut for\b/gi, 'except'],
  [/\bhas to be\b/gi, 'must be'],
  [/\bby (itself|themselves)\b/gi, 'alone'],
  [/\bof (ours|theirs|its own|their own)\b/gi, 'our, its own'],
  [/\b(upon|lest|thereof|herein|wherein|whence)\b/gi, 'on, so that, of it'],
  [/\bgoes on\b/gi, 'continues'],
  [/\bwhat (an?|the|it|they|is|was|has|comes|goes|stands)\b/gi, 'a noun, such as the value'],
  [/\b(that|those) of\b/gi, 'the noun again'],
  [/\bas (it|they) (is|are|stands?)\b/gi, 'unchanged'],
];

/** Maximum number of findings per 1,000 words: some are quotations, or fit where they are. */
const MOST = { docs: 2, decisions: 2.5, comments: 2.5, messages: 2 };
/** Minimum number of "you" and "your" per 1,000 words of the pages. */
const LEAST_YOU = 10;
const MAX_COLUMNS = 100;
/** Minimum number of words after which a docstring may begin with Of, For or That. */
const FEWEST_WORDS = 6;

const isIn = (folders: readonly string[], { file }: Passage): boolean =>
  folders.some((folder) => file.startsWith(folder));

function wordsIn(passages: readonly Passage[]): number {
  return passages.reduce((sum, { text }) => sum + (text.match(/[A-Za-z][\w’'-]*/g)?.length ?? 0), 0);
}

function findingsIn(passages: readonly Passage[]): string[] {
  return passages.flatMap(({ file, line, text }) =>
    UNUSUAL.flatMap(([wording, instead]) =>
      [...text.matchAll(wording)].map(([found]) => `${file}:${String(line)} "${found}": write ${instead}`),
    ),
  );
}

/** Fails with all findings if there are too many of them. */
function expectUsualWords(passages: readonly Passage[], mostPerThousand: number): void {
  const findings = findingsIn(passages);
  const words = wordsIn(passages);
  expect(words).toBeGreaterThan(1000);
  expect(findings.length > (mostPerThousand * words) / 1000 ? findings : []).toEqual([]);
}

describe('language', () => {
  const pages = filesIn('docs', /\.md$/).flatMap(proseOf);
  const rootPages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'].flatMap(proseOf);
  const decisions = pages.filter((passage) => isIn(['docs/decisions/'], passage));
  const guides = pages.filter((passage) => !isIn(['docs/decisions/'], passage));
  const sources = filesIn('src', /\.ts$/).map(sourceTextOf);
  const code = ['test', 'scripts', 'bench', 'sample-app'].flatMap((folder) => filesIn(folder, /\.[cm]?[jt]s$/));
  const others = code.filter((file) => !file.startsWith('sample-app/docs/')).map(sourceTextOf);

  it('uses the usual words in the pages', () => {
    expectUsualWords([...guides, ...rootPages], MOST.docs);
  });

  it('uses the usual words in the decisions', () => {
    expectUsualWords(decisions, MOST.decisions);
  });

  it('uses the usual words in the comments of src', () => {
    expectUsualWords(
      sources.flatMap(({ comments }) => comments),
      MOST.comments,
    );
  });

  it('uses the usual words in the messages of src', () => {
    const messages = sources.flatMap((source) => source.messages);
    expectUsualWords(messages, MOST.messages);
  });

  it('addresses the reader of the pages', () => {
    const you = guides.reduce((sum, { text }) => sum + (text.match(/\byou(r|rs|'re|'ll)?\b/gi)?.length ?? 0), 0);
    expect((you / wordsIn(guides)) * 1000).toBeGreaterThanOrEqual(LEAST_YOU);
  });

  it('has no line of a comment beyond 100 columns', () => {
    const comments = [...sources, ...others].flatMap((source) => source.comments);
    const long = comments
      .filter(({ text }) => !/eslint-|prettier-ignore|@ts-|https?:/.test(text))
      .filter(({ text, column }) => text.split('\n').some((line, at) => line.length + (at ? 0 : column) > MAX_COLUMNS))
      // The length of a line of code with a comment behind it is for the formatter to decide.
      .filter(({ isBehindCode }) => !isBehindCode);
    expect(long.map(({ file, line }) => `${file}:${String(line)}`)).toEqual([]);
  });

  it('has no docstring that needs the line above to be understood', () => {
    const fragments = sources
      .flatMap(({ comments }) => comments)
      .filter(({ text }) => /^\/\*\*\s+(\* )?(Of|For|That)\b/.test(text))
      .filter(({ text }) => (text.match(/[A-Za-z][\w’'-]*/g) ?? []).length < FEWEST_WORDS);
    expect(fragments.map(({ file, line, text }) => `${file}:${String(line)} ${text}`)).toEqual([]);
  });
});
