import fc from 'fast-check';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineEvent } from '../../../src/catalog/define-event';
import { htmlFiles } from '../../../src/cli/docs/html-format';
import { printedCatalog } from '../../../src/cli/docs/printed-catalog';
import { DocsFolder, SHOP } from './print-docs';

interface Node {
  readonly childNodes?: readonly Node[];
  /** Of a text. */
  readonly value?: string;
  readonly tagName?: string;
}

interface Element extends Node {
  readonly tagName: string;
  readonly childNodes: readonly Node[];
  readonly attrs: readonly { readonly name: string; readonly value: string }[];
}

interface ParseError {
  readonly code: string;
  readonly startLine: number;
}

/** The parser of the html standard, in a version that has no types. */
const { parse } = jest.requireActual<{
  readonly parse: (page: string, options: { readonly onParseError: (error: ParseError) => void }) => Node;
}>('parse5');

function isElement(node: Node): node is Element {
  return node.tagName !== undefined;
}

function elementsOf(node: Node): Element[] {
  const below = node.childNodes?.flatMap(elementsOf) ?? [];
  return isElement(node) ? [node, ...below] : below;
}

function textOf(node: Node): string {
  return node.value ?? node.childNodes?.map(textOf).join('') ?? '';
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

/** Fails where the text has a tag, an attribute or an entity that the standard calls an error; it does not see what is not closed. */
function elementsIn(page: string): Element[] {
  const errors: string[] = [];
  const document = parse(page, {
    onParseError: ({ code, startLine }) => void errors.push(`${code} in line ${startLine}`),
  });
  expect(errors).toEqual([]);
  return elementsOf(document);
}

describe('catalog docs --format html', () => {
  const folder = new DocsFolder();
  let pages: ReadonlyMap<string, Element[]>;

  beforeAll(async () => {
    const printed = await folder.docs(
      '--catalog',
      SHOP,
      '--out',
      'out',
      '--format',
      'html',
      '--title',
      'Shop <events>',
    );
    expect(printed).toMatchObject({ code: 0 });
    const files = folder.files('out').filter((file) => file.endsWith('.html'));
    pages = new Map(files.map((file) => [file, elementsIn(folder.read(`out/${file}`))]));
  });

  afterAll(() => {
    folder.remove();
  });

  it('is an index, a page for each event and context, a style and two scripts', () => {
    expect(folder.files('out').filter((file) => !file.endsWith('.html') || file === 'index.html')).toEqual([
      ...['.catalog-docs.html.json', 'assets/catalog.js', 'assets/search.js', 'assets/style.css', 'index.html'],
    ]);
    expect(pages.size).toBe(9);
  });

  it('runs no script but its own two, whatever titles and descriptions hold', () => {
    for (const elements of pages.values()) {
      const scripts = elements.filter(({ tagName }) => tagName === 'script');
      expect(scripts.map((script) => [attribute(script, 'src')?.replace('../', ''), textOf(script)])).toEqual([
        ['assets/catalog.js', ''],
        ['assets/search.js', ''],
      ]);
      expect(elements.filter(({ tagName }) => tagName === 'img' || tagName === 'b')).toEqual([]);
      expect(elements.flatMap(({ attrs }) => attrs).filter(({ name }) => name.startsWith('on'))).toEqual([]);
    }
    expect(folder.read('out/assets/catalog.js')).not.toContain('<');
  });

  it('has no link, anchor or file that is not there, and asks no other place for anything', () => {
    const anchors = new Set(
      [...pages].flatMap(([file, elements]) => elements.map((each) => `${file}#${attribute(each, 'id') ?? ''}`)),
    );
    const files = new Set(folder.files('out'));
    for (const [file, elements] of pages) {
      for (const element of elements) {
        const address = attribute(element, 'href') ?? attribute(element, 'src');
        if (address === undefined || address === 'data:,') continue;
        const { protocol, pathname, hash } = new URL(address, `file:///${file}`);
        expect(protocol).toBe('file:');
        expect([file, address, files.has(pathname.slice(1))]).toEqual([file, address, true]);
        if (hash !== '') expect(anchors).toContain(`${pathname.slice(1)}#${decodeURIComponent(hash.slice(1))}`);
      }
    }
    expect(folder.read('out/assets/style.css')).not.toMatch(/url\(|@import/);
    expect(folder.read('out/assets/search.js')).not.toMatch(/fetch|XMLHttp|innerHTML|https?:/);
  });

  it('can be read by who does not see it: one main heading, table headings, a label, a language, no id twice', () => {
    for (const elements of pages.values()) {
      const tags = elements.map(({ tagName }) => tagName);
      expect(tags.filter((tag) => tag === 'h1')).toHaveLength(1);
      expect(tags.filter((tag) => tag === 'main')).toHaveLength(1);
      const ids = elements.map((each) => attribute(each, 'id')).filter((id) => id !== undefined);
      expect(new Set(ids).size).toBe(ids.length);
      for (const element of elements) {
        const { tagName } = element;
        if (tagName === 'th') expect(attribute(element, 'scope')).toMatch(/^(col|row)$/);
        if (tagName === 'table') expect(attribute(element, 'aria-label')).toMatch(/\w/);
        if (tagName === 'html') expect(attribute(element, 'lang')).toBe('en');
        if (tagName === 'input')
          expect(elements.some((each) => attribute(each, 'for') === attribute(element, 'id'))).toBe(true);
      }
    }
  });

  it('shows all that the definition of an event says', () => {
    const elements = pages.get('edx.course.enrollment.activated.html') ?? [];
    const rows = elements
      .filter(({ tagName }) => tagName === 'tr')
      .map((row) => row.childNodes.map((cell) => textOf(cell).trim()));
    expect(rows).toContainEqual(['mode', '"audit" | "verified" | null', 'required', 'Which track | if any.']);
    expect(rows).toContainEqual(['answers.*.text', 'string', 'required', 'personal As typed.']);
    expect(rows).toContainEqual(['user_id', 'integer', 'required', 'personal Who enrols. Added by request.']);
    expect(rows).toContainEqual(['2026-11-01', '2', '`mode` was added | with a bar']);
    const facts = elements.filter(({ tagName }) => tagName === 'dd').map(textOf);
    expect(facts).toEqual(['A learner enrols, by themselves or by staff', 'Server', 'enrolments', '2026-11-01', '2']);
    const [example] = elements.filter(({ tagName }) => tagName === 'pre').map(textOf);
    expect(JSON.parse(example ?? '')).toMatchObject({
      name: 'edx.course.enrollment.activated',
      data: { mode: 'audit' },
    });
    const [title] = elements.filter(({ tagName }) => tagName === 'title').map(textOf);
    expect(title).toBe('edx.course.enrollment.activated – Shop <events>');
  });

  it('shows any text as it was written', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('<', '>', '&', '"', "'", '</script>', '<!--', '&lt;', ']]>', ' ', 'a', '='),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 20,
    });
    const name = text.filter((each) => each.trim() !== '');
    fc.assert(
      fc.property(name, name, name, (one, title, description) => {
        const catalog = defineCatalog([defineEvent(one, { title, description })]);
        const [index, page] = htmlFiles(printedCatalog(catalog, title));
        const elements = elementsIn(page?.text ?? '');
        const [heading] = elements.filter(({ tagName }) => tagName === 'h1');
        expect(heading && textOf(heading)).toBe(one);
        expect(elements.filter(({ tagName }) => tagName === 'p').map(textOf)).toEqual(
          expect.arrayContaining([title.trim(), description.trim()]),
        );
        const links = elementsIn(index?.text ?? '').filter(({ tagName }) => tagName === 'a');
        expect(links.map(textOf)).toContain(one);
      }),
      { numRuns: 200 },
    );
  });
});
