/**
 * Escapes strings of definitions for Markdown (GitHub's, which is CommonMark with tables), so that
 * they are displayed unchanged. Otherwise a bar would end the cell, a line break the row, and a
 * star or a bracket would disappear.
 *
 * Documentation sites evaluate expressions in braces: `{{ }}` and `{% %}` in Jekyll, even in code;
 * `{{ }}` in VitePress, which decodes entities first; `{ }` in MDX. So two braces are never
 * adjacent, and text has no unescaped brace.
 */

/** Escapes a string for a line, or for a cell of a table. */
export function inline(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~$]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/\{\{+|[{}]/g, brace)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(#{1,6}|[-+=]+|\d+[.)])(?=\s|$)/, (mark) => mark.slice(0, -1) + '\\' + mark.slice(-1));
}

/** Escapes paragraphs. An empty line separates paragraphs, a single line break does not. */
export function paragraphs(text: string): string {
  return withoutControls(text)
    .split(/\n\s*\n/)
    .map((paragraph) => inline(paragraph).replace(MODULE_WORD, (letter) => entities(letter, /./)))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** First letter of a word that starts code in MDX, at the start of a paragraph. */
const MODULE_WORD = /^[ie](?=(?:mport|xport)\b)/;

/**
 * Escapes braces. VitePress looks for two of them after decoding entities; `v-pre` prevents that.
 */
function brace(found: string): string {
  const text = entities(found, /./g);
  return found.length > 1 ? `<span v-pre>${text}</span>` : text;
}

/** Formats a string as inline code. */
export function code(text: string): string {
  const line = oneLine(text);
  if (!/[`\\|]|\{[{%]/.test(line)) return line === '' ? '' : `\`${line}\``;
  // In a table a bar must be escaped even in code, and renderers treat a backslash before it
  // differently.
  return `<code${line.includes('{{') ? ' v-pre' : ''}>${entities(line)}</code>`;
}

/** Formats JSON as a code block. Escapes expressions that Jekyll would evaluate in JSON strings. */
export function jsonBlock(json: string): string {
  return codeBlock(json.replace(/\{(?=[{%])/g, String.raw`\u007b`), 'json');
}

/** Formats any string as a code block. */
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

/**
 * Replaces signs with entities. Entities have no syntactic meaning, so the text cannot end the cell
 * or start an element.
 */
function entities(text: string, signs = /[\\`*_[\]<>|~&$:{}]/g): string {
  return text.replace(signs, (sign) => `&#${String(sign.codePointAt(0))};`);
}

function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

function withoutControls(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
}
