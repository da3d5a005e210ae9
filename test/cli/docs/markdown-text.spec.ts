import fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import { code, codeBlock, inline, jsonBlock, paragraphs, table } from '../../../src/cli/docs/markdown-text';

/** Made of what means something in Markdown, mostly. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'|\\`*_[]<>()#~$&;:!-+.=1 \n\r\tab{}%'.split('')),
    fc.constantFrom('{{ x }}', '{% raw %}', '{{', '{%', '}}', '{#a}', 'import ', 'export {', '{:.a}', '{{{'),
    fc.constantFrom('&lt;', '&#124;', '\\|', '``', '**', '<b>', '](x)', '| --- |', '1. ', '~~', '\n\n', '<!--'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
});

function shown(given: string): string {
  return given
    .replace(/[\u0000-\u0008\u000e-\u001f\u007f]|[\u000b\u000c]/g, '\ufffd')
    .replace(/\s+/g, ' ')
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

/** The text that a reader of the page sees. */
function seen(html: string): string {
  return html
    .replace(/<(?:p|\/p|code|code v-pre|\/code|strong|\/strong|span v-pre|\/span)>/g, '')
    .replace(/&(?:#(\d+)|(lt|gt|quot|amp));/g, (_, point: string | undefined, name: string) =>
      point === undefined ? (ENTITIES[name] ?? '') : String.fromCodePoint(Number(point)),
    )
    .replace(/\s+/g, ' ')
    .trim();
}

const OPTIONS = { mangle: false, headerIds: false } as const;

function html(markdown: string): string {
  return marked.parse(markdown, { ...OPTIONS, async: false });
}

describe('markdown-text', () => {
  it('is seen as it was written, in a cell of a table, and never leaves it', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const tokens = marked.lexer(`${table(['A', 'B'], [[inline(one), code(other)]])}\n`);
        const [found, ...others] = tokens.filter(({ type }) => type !== 'space');
        expect(others).toEqual([]);
        const { rows } = found as Tokens.Table;
        expect(rows).toHaveLength(1);
        const [row = []] = rows;
        expect(row.map((cell) => seen(html(cell.text)))).toEqual([shown(one), shown(other)]);
      }),
      { numRuns: 500 },
    );
  });

  it('is seen as it was written in a line of its own, and begins nothing', () => {
    fc.assert(
      fc.property(text, (given) => {
        const page = html(inline(given));
        expect(seen(page)).toBe(shown(given));
        expect(page.replace(/^<p>|<\/p>\n$|<span v-pre>/g, '')).not.toMatch(/<[a-z]/i);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps its paragraphs, and no other lines', () => {
    expect(paragraphs('one\ntwo\n\n\nthree\r\n\r\n  \n| four')).toBe('one two\n\nthree\n\n\\| four');
  });

  it('holds nothing that a site of documentation would evaluate', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const markdown = `${paragraphs(one)}\n\n${table(['A', 'B'], [[inline(one), code(other)]])}\n`;
        // Jekyll reads the source before it is Markdown.
        expect(markdown).not.toMatch(/\{\{|\{%/);
        // VitePress reads the page, but for what is code or says v-pre.
        const page = html(markdown).replace(/&#123;/g, '{');
        expect(page.replace(/<code[^>]*>[^<]*<\/code>|<span v-pre>[^<]*<\/span>/g, '')).not.toContain('{{');
        // MDX takes braces outside of code for expressions, `<` for elements, and two words for
        // modules.
        const prose = markdown.replace(/(?<!\\)`[^`\\]*`/g, '');
        expect(prose).not.toMatch(/[{}]/);
        expect(prose.replace(/<\/?(?:code|span)(?: v-pre)?>/g, '')).not.toMatch(/(?<!\\)(?:\\\\)*</);
        expect(prose).not.toMatch(/^(?:import|export)\b/m);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same JSON in a block, without what Jekyll would evaluate', () => {
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.dictionary(text, text))), (value) => {
        const [block, ...others] = marked.lexer(jsonBlock(JSON.stringify(value, null, 2)));
        expect(others).toEqual([]);
        expect((block as Tokens.Code).text).not.toMatch(/\{\{|\{%/);
        expect(JSON.parse((block as Tokens.Code).text)).toEqual(value);
      }),
    );
  });

  it('is not broken by a fence in a block of code', () => {
    fc.assert(
      fc.property(text, (given) => {
        const line = given.replace(/[\r\n\t\0]/g, ' ');
        const [block, ...others] = marked.lexer(codeBlock(`${line}\n\`\`\`\nend`, 'json'));
        expect(others).toEqual([]);
        expect((block as Tokens.Code).text).toBe(`${line}\n\`\`\`\nend`);
      }),
    );
  });

  it('leaves alone what needs nothing: names and plain sentences', () => {
    for (const plain of ['course_id', 'A learner enrols, by themselves or by staff (2026-11-01).', "it's 5 - 3 & more"])
      expect(inline(plain)).toBe(plain);
    expect(code('edx.course.enrollment.activated')).toBe('`edx.course.enrollment.activated`');
  });
});
