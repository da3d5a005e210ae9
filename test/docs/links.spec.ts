/** Links of the README and the pages: they lead to headings that exist, and into the package, where users read them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, normalize, posix } from 'node:path';

const root = join(__dirname, '../..');
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
/** The text of each page without its code blocks. */
const texts = new Map(
  pages.map((page) => [page, readFileSync(join(root, page), 'utf8').replace(/^```[^]*?^```/gm, '')]),
);

/** As GitHub and npm make the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function linksOf(page: string): { readonly link: string; readonly file: string; readonly anchor: string }[] {
  const links = [...(texts.get(page) ?? '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#');
      return { link, file: path === '' ? page : normalize(posix.join(posix.dirname(page), path)), anchor };
    });
}

describe('The links of the documentation', () => {
  it('lead to headings that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(({ file, anchor }) => {
          const headings = [...(texts.get(file) ?? '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
            anchorOf(heading),
          );
          return anchor !== '' && texts.has(file) && !headings.includes(anchor);
        })
        .map(({ link }) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('lead to files of the package, except for those to decisions', () => {
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(['docs/*.md', 'CHANGELOG.md']));
    const outside = pages.flatMap((page) =>
      linksOf(page)
        .filter(({ file }) => !texts.has(file) && file !== 'LICENSE')
        .filter(({ file }) => page === 'README.md' || !file.startsWith('docs/decisions'))
        .map(({ link }) => `${page}: ${link}`),
    );
    expect(outside).toEqual([]);
  });
});
