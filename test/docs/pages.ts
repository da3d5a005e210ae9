import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize, posix } from 'node:path';

export const root = join(__dirname, '../..');

/** The pages of docs/, relative to the root of the repository, without the decision records. */
export const docsPages: readonly string[] = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((name) => `docs/${name}`)
  .filter((name) => name.endsWith('.md') && !name.startsWith('docs/decisions/'))
  .sort();

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The text of a page without its code blocks. */
export function proseOf(page: string): string {
  return readPage(page).replace(/^```[^]*?^```/gm, '');
}

/** Makes the anchor of a heading in the way of GitHub and npm. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

export interface Link {
  readonly link: string;
  readonly file: string;
  readonly anchor: string;
}

/** The links of a page to files of the repository, with the path of the file from the root. */
export function linksOf(page: string): Link[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#');
      return { link, file: path === '' ? page : normalize(posix.join(posix.dirname(page), path)), anchor };
    });
}

/**
 * The output of a program of the documentation without the warning that an application has no
 * shutdown hooks. It appears only on a machine so busy that the program runs for a second.
 */
export function withoutHooksWarning(output: string): string {
  return output
    .split('\n')
    .filter((line) => !line.includes('nothing listens for SIGTERM'))
    .join('\n');
}
