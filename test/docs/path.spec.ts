/**
 * The pages of docs/ form one path: each is short, ends with a link to the next, and the README
 * leads to all of them.
 */
import { docsPages, linksOf, proseOf, readPage } from './pages';

const MAX_WORDS = 900;

function isReference(page: string): boolean {
  return page.startsWith('docs/reference/');
}

/** The number of words outside code blocks, without the link to the next page. */
function wordsOf(page: string): number {
  const text = proseOf(page).replace(/^Next: .*$/m, '');
  return text.trim().split(/\s+/).length;
}

/** The page behind the link in the last line; undefined if the page ends in another way. */
function nextOf(page: string): string | undefined {
  const last = readPage(page).trimEnd().split('\n').at(-1) ?? '';
  if (!/^Next: \[[^\]]+\]\([^)#]+\)$/.test(last)) return undefined;
  return linksOf(page).at(-1)?.file;
}

/** The pages of the table in the README, in their order. */
function mapOfReadme(): string[] {
  const [, documentation = ''] = readPage('README.md').split('\n## Documentation\n');
  const table = documentation.split('\n').filter((line) => line.startsWith('| '));
  return table.flatMap((row) => [...row.matchAll(/\]\((docs\/[^)#]+)\)/g)].map(([, page = '']) => page));
}

/** The pages from the first one on, as their links to the next page lead. */
function pathFrom(first: string): string[] {
  const path: string[] = [];
  for (let page: string | undefined = first; page !== undefined && !path.includes(page); page = nextOf(page)) {
    path.push(page);
  }
  return path;
}

describe('The path through docs/', () => {
  it('has no page of 900 words or more, except for the reference', () => {
    const long = docsPages.filter((page) => !isReference(page) && wordsOf(page) >= MAX_WORDS);
    expect(long.map((page) => `${page}: ${String(wordsOf(page))} words`)).toEqual([]);
  });

  it('leads from the first page through every page, one by one', () => {
    expect([...pathFrom('docs/introduction/installation.md')].sort()).toEqual(docsPages);
  });

  it('has one page without a next page: the last one', () => {
    expect(docsPages.filter((page) => nextOf(page) === undefined)).toHaveLength(1);
  });

  it('is the map in the README, page by page', () => {
    expect(mapOfReadme()).toEqual(pathFrom('docs/introduction/installation.md'));
  });

  it('gives each page a title of its own', () => {
    const titles = docsPages.map((page) => readPage(page).split('\n')[0]);
    expect(titles.filter((title, at) => !title?.startsWith('# ') || titles.indexOf(title) !== at)).toEqual([]);
  });
});
