/**
 * Texts of definitions as Markdown (GitHub's, which is CommonMark with tables), so that a reader sees the text that was
 * written: a bar would end the cell, a line the row, and a star or a bracket would vanish.
 */

/** A text within a line, or a cell of a table. */
export function inline(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~$]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(#{1,6}|[-+=]+|\d+[.)])(?=\s|$)/, (mark) => mark.slice(0, -1) + '\\' + mark.slice(-1));
}

/** Paragraphs: an empty line parts them, a single one does not. */
export function paragraphs(text: string): string {
  return withoutControls(text)
    .split(/\n\s*\n/)
    .map(inline)
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** A text as code, within a line. */
export function code(text: string): string {
  const line = oneLine(text);
  if (!/[`\\|]/.test(line)) return line === '' ? '' : `\`${line}\``;
  // Within a table a bar has to be escaped even here, and a backslash before it means something else to each reader.
  return `<code>${entities(line)}</code>`;
}

/** JSON, or any other text, as a block. */
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
function entities(text: string): string {
  return text.replace(/[\\`*_[\]<>|~&$:]/g, (sign) => `&#${String(sign.codePointAt(0))};`);
}

function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

function withoutControls(text: string): string {
   
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
}
