/**
 * Texts of definitions as Markdown (GitHub's, which is CommonMark with tables), so that a reader sees the text that was
 * written: a bar would end the cell, a line the row, and a star or a bracket would vanish.
 *
 * Sites of documentation evaluate what they find between braces: `{{ }}` and `{% %}` in Jekyll, in code as well; `{{ }}` in
 * VitePress, which reads entities first; `{ }` in MDX. So no two braces stand next to each other, and none by itself in a text.
 */

/** A text within a line, or a cell of a table. */
export function inline(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~$]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/\{\{+|[{}]/g, brace)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(#{1,6}|[-+=]+|\d+[.)])(?=\s|$)/, (mark) => mark.slice(0, -1) + '\\' + mark.slice(-1));
}

/** Paragraphs: an empty line parts them, a single one does not. */
export function paragraphs(text: string): string {
  return withoutControls(text)
    .split(/\n\s*\n/)
    .map((paragraph) => inline(paragraph).replace(MODULE_WORD, (letter) => entities(letter, /./)))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** In MDX, a paragraph that begins with one of these words is code. */
const MODULE_WORD = /^[ie](?=(?:mport|xport)\b)/;

/** VitePress looks for two of them when entities are read: so that it does not look in there. */
function brace(found: string): string {
  const text = entities(found, /./g);
  return found.length > 1 ? `<span v-pre>${text}</span>` : text;
}

/** A text as code, within a line. */
export function code(text: string): string {
  const line = oneLine(text);
  if (!/[`\\|]|\{[{%]/.test(line)) return line === '' ? '' : `\`${line}\``;
  // Within a table a bar has to be escaped even here, and a backslash before it means something else to each reader.
  return `<code${line.includes('{{') ? ' v-pre' : ''}>${entities(line)}</code>`;
}

/** JSON as a block. What Jekyll would evaluate in one of its strings is written by the escapes of JSON. */
export function jsonBlock(json: string): string {
  return codeBlock(json.replace(/\{(?=[{%])/g, String.raw`\u007b`), 'json');
}

/** Any text as a block. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

export function link(text: string, address: string): string {
  return `[${text}](${address})`;
}

export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Entities stand for no structure, so that nothing in the text can end the cell or begin something. */
function entities(text: string, signs = /[\\`*_[\]<>|~&$:{}]/g): string {
  return text.replace(signs, (sign) => `&#${String(sign.codePointAt(0))};`);
}

function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

function withoutControls(text: string): string {
   
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
}
