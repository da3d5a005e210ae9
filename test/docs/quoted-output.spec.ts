/**
 * Output that pages quote: each line is one that a spec expects, so that a changed message changes
 * the page too.
 */
import { readPage } from './pages';

/** A page, the first line of the quoted output, and the files whose tests expect this output. */
const quotes: readonly (readonly [page: string, firstLine: string, ...files: string[]])[] = [
  ['docs/catalog/validate-logs.md', '10 lines: ', 'test/cli/validate/validate.spec.ts'],
  ['docs/catalog/check.md', '    course.enrolled', 'test/cli/check/check.command.spec.ts'],
  [
    'docs/testing/matchers.md',
    '2 events ',
    'test/testing/matchers-to-have-tracked.spec.ts',
    'test/testing/matcher-parts.ts',
  ],
];

/**
 * The lines of the block that begins so, up to the end of the code block or the next paragraph
 * without indentation.
 */
function linesFrom(page: string, firstLine: string): string[] {
  const lines = readPage(page).split('\n');
  const from = lines.findIndex((line) => line.startsWith(firstLine));
  const isIndented = firstLine.startsWith('    ');
  const length = lines.slice(from).findIndex((line) => (isIndented ? line === '' : line === '```'));
  return lines.slice(from, from + length).map((line) => line.trim());
}

describe('Output that the documentation quotes', () => {
  it.each(quotes)('in %s, from "%s" on, is expected by %s', (page, firstLine, ...files) => {
    const expected = files.map((file) => readPage(file)).join('\n');
    const quoted = linesFrom(page, firstLine).filter((line) => line !== '');
    // The date of a suggested history entry is the current one.
    const unexpected = quoted.filter((line) => !expected.includes(line.replace(/'\d{4}-\d\d-\d\d'/, "'${today}'")));

    expect(quoted.length).toBeGreaterThan(3);
    expect(unexpected).toEqual([]);
  });
});
