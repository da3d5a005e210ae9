import fc from 'fast-check';
import { defineCatalog, type EventCatalog } from '../../../src/catalog/catalog';
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

function isEventPage(file: string): boolean {
  return file.endsWith('.html') && !file.startsWith('contexts/') && file !== 'index.html';
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

/**
 * Parses a page. Fails for a tag, an attribute or an entity that the standard calls an error, but
 * not for an element that is not closed.
 */
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

  it('is an index, a page for each event and context, schemas, a style and two scripts', () => {
    expect(folder.files('out').filter((file) => !file.endsWith('.html') || file === 'index.html')).toEqual([
      ...['.catalog-docs.html.json', 'assets/catalog.js', 'assets/page.js', 'assets/style.css', 'index.html'],
      ...[...pages.keys()].filter(isEventPage).map((file) => `schemas/${file.replace(/html$/, 'schema.json')}`),
    ]);
    expect(pages.size).toBe(9);
  });

  it('runs no script but its own two, whatever titles and descriptions hold', () => {
    for (const elements of pages.values()) {
      const scripts = elements.filter(({ tagName }) => tagName === 'script');
      expect(scripts.map((script) => [attribute(script, 'src')?.replace('../', ''), textOf(script)])).toEqual([
        ['assets/catalog.js', ''],
        ['assets/page.js', ''],
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
    expect(folder.read('out/assets/page.js')).not.toMatch(/fetch|XMLHttp|innerHTML|https?:/);
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
    const field = (id: string): string => {
      const node = elements.find((each) => attribute(each, 'id') === id);
      return node === undefined ? 'missing' : textOf(node).replace(/\s+/g, ' ').trim();
    };
    expect(field('data.mode')).toBe('#mode "audit" | "verified" | null requiredWhich track | if any.');
    expect(field('data.answers.*.text')).toBe('#text string required personalAs typed.');
    expect(field('data.learner')).toContain('learner object required #email string (email) required personal #cohort');
    expect(field('data.paid_by')).toContain('Exactly one of 2 forms: kind is "card" kind, brand #kind "card" required');
    expect(field('context.user_id')).toBe('#user_id integer required personalWho enrols.Added by request.');
    const rows = elements
      .filter(({ tagName }) => tagName === 'tr')
      .map((row) => row.childNodes.map((cell) => textOf(cell).trim()));
    expect(rows).toContainEqual(['2026-11-01', '2', '`mode` was added | with a bar']);
    expect(rows).toContainEqual(['object.id', '{rootUrl}/course/{data.course_id}']);
    expect(rows).toContainEqual(['object.name', 'computed']);
    const facts = elements.filter(({ tagName }) => tagName === 'dd').map(textOf);
    expect(facts).toEqual(['A learner enrols, by themselves or by staff', 'Server', 'enrolments', '2026-11-01', '2']);
    const [emit, example] = elements.filter(({ tagName }) => tagName === 'pre').map(textOf);
    expect(emit).toContain(
      "  tracker.emit('edx.course.enrollment.activated', {\n    course_id: 'course-v1:edX+DemoX+2026',",
    );
    expect(JSON.parse(example ?? '')).toMatchObject({
      name: 'edx.course.enrollment.activated',
      data: { mode: 'audit' },
    });
    const [title] = elements.filter(({ tagName }) => tagName === 'title').map(textOf);
    expect(title).toBe('edx.course.enrollment.activated – Shop <events>');
  });

  it('links the JSON Schema of each event, which is the one of the format json-schema', async () => {
    await folder.docs('--catalog', SHOP, '--out', 'schemas', '--format', 'json-schema');
    const events = [...pages].filter(([file]) => isEventPage(file));
    expect(events).toHaveLength(6);
    for (const [file, elements] of events) {
      const path = `schemas/${file.replace(/html$/, 'schema.json')}`;
      expect(elements.filter((each) => attribute(each, 'href') === path)).toHaveLength(1);
      expect(folder.read(`out/${path}`)).toBe(folder.read(path));
    }
  });

  it('leads through all events, and through all contexts, in the order of the index', () => {
    const inIndex = (pages.get('index.html') ?? []).map((each) => attribute(each, 'href') ?? '').filter(isEventPage);
    const order = [...new Set(inIndex)];
    const nextOf = (file: string): string | undefined =>
      pages
        .get(file)
        ?.filter((each) => attribute(each, 'rel') === 'next')
        .map((each) => attribute(each, 'href'))[0];
    expect(order).toHaveLength(6);
    expect(order.map(nextOf)).toEqual([...order.slice(1), undefined]);
    expect(nextOf('contexts/course.html')).toBe('request.html');
  });

  it('has no column without a value', () => {
    const headings = (catalog: EventCatalog): string[] =>
      elementsIn(htmlFiles(printedCatalog(catalog, 'Events'))[0]?.text ?? '')
        .filter(({ tagName }) => tagName === 'th')
        .filter((each) => attribute(each, 'scope') === 'col')
        .map(textOf);
    expect(headings(defineCatalog([defineEvent('a'), defineEvent('b')]))).toEqual(['Event', 'Source']);
    const described = [defineEvent('a', { description: 'First.\n\nSecond.' }), defineEvent('b', { owner: 'us' })];
    expect(headings(defineCatalog(described))).toEqual(['Event', 'When it is emitted', 'Owner', 'Source']);
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
