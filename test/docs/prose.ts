/** Reads what people read: the prose of pages, and the comments and messages of source files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '../..');

/** Piece of text with its place, for example a paragraph line, a comment or a message. */
export interface Passage {
  /** File relative to the repository, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'vectors']);

/** Returns the files of a folder with an extension, relative to the repository. */
export function filesIn(folder: string, extension: RegExp): string[] {
  const full = join(root, folder);
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.split('/').some((part) => SKIPPED.has(part)))
    .sort();
}

/** Returns the lines of a Markdown page without code, inline code and link targets. */
export function proseOf(file: string): Passage[] {
  let isCode = false;
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, at) => {
      if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
      if (isCode || /^\s*(```|~~~)/.test(line)) return [];
      const text = line.replace(/`[^`]*`/g, '').replace(/\]\([^)]*\)/g, ']');
      return [{ file, line: at + 1, text }];
    });
}

/** Comment as written, with its slashes and stars. */
export interface Comment extends Passage {
  /** Number of characters before it on its line. */
  readonly column: number;
  readonly isBehindCode: boolean;
}

/** Comments and messages of one source file. */
export interface SourceText {
  readonly comments: readonly Comment[];
  /** Strings of at least four words. An inserted value of a template is shown as `…`. */
  readonly messages: readonly Passage[];
}

export function sourceTextOf(file: string): SourceText {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const messages: Passage[] = [];
  // Without its strings, everything in the text that looks like a comment is one.
  const characters = Array.from({ length: text.length }, (_, at) => text.charAt(at));
  const blank = (start: number, end: number): void => {
    for (let at = start; at < end; at++) if (characters[at] !== '\n') characters[at] = ' ';
  };
  const visit = (node: ts.Node): void => {
    if (isLiteral(node)) blank(node.getStart(source), node.end);
    const message = messageOf(node);
    if (message !== undefined && message.split(/\s+/).length >= 4)
      messages.push({ file, line: lineAt(node.getStart(source)), text: message });
    ts.forEachChild(node, visit);
  };
  visit(source);
  const comments = [...characters.join('').matchAll(/\/\/.*|\/\*[^]*?\*\//g)].map(({ index, 0: found }) => {
    const before = text.slice(text.lastIndexOf('\n', index) + 1, index);
    return {
      ...{ file, line: lineAt(index), text: text.slice(index, index + found.length) },
      ...{ column: before.length, isBehindCode: before.trim() !== '' },
    };
  });
  return { comments, messages };
}

function isLiteral(node: ts.Node): boolean {
  return (
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    ts.isRegularExpressionLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node)
  );
}

function messageOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node))
    return ts.isImportDeclaration(node.parent) ? undefined : node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' … ');
}
