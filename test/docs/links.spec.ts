/**
 * Links of the README and the pages: they lead to headings that exist, and into the package, where
 * users read them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { anchorOf, docsPages, linksOf, proseOf, readPage, root } from './pages';

const pages = ['README.md', 'CHANGELOG.md', ...docsPages];

function headingsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('The links of the documentation', () => {
  it('lead to files that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(({ file }) => !existsSync(join(root, file)))
        .map(({ link }) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('lead to headings that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(({ file, anchor }) => anchor !== '' && pages.includes(file) && !headingsOf(file).includes(anchor))
        .map(({ link }) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('lead to files of the package, except for those to decisions', () => {
    const { files } = JSON.parse(readPage('package.json')) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(['docs', '!docs/decisions', 'CHANGELOG.md']));
    const outside = pages.flatMap((page) =>
      linksOf(page)
        .filter(({ file }) => !pages.includes(file) && file !== 'LICENSE')
        .filter(({ file }) => page === 'README.md' || !file.startsWith('docs/decisions'))
        .map(({ link }) => `${page}: ${link}`),
    );
    expect(outside).toEqual([]);
  });
});
