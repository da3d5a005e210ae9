/** HTML source. Created only in this file, so that strings of a definition are always escaped. */
export class Html {
  constructor(readonly source: string) {}
}

type Part = Html | string | number | readonly Part[] | null | undefined | false;

/**
 * Template tag that escapes its values, in text and in quoted attributes. Lists are joined without
 * a separator.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((source, text, at) => source + sourceOf(parts[at - 1]) + text));
}

function sourceOf(part: Part): string {
  if (part instanceof Html) return part.source;
  if (part === null || part === undefined || part === false) return '';
  return typeof part === 'object' ? part.map(sourceOf).join('') : escaped(String(part));
}

/** Allows line breaks between the words of a long name. */
export function breakable(name: string): readonly Html[] {
  return name.split(/(?<=[._/:])/).map((word, at) => html`${at > 0 && html`<wbr>`}${word}`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')

    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}
