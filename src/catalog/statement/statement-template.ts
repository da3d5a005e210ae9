/** Strings with placeholders, such as `{rootUrl}/invoices/{data.invoice_id}`. */
import { PathError, readFieldPath, type FieldPath } from '../../processors/paths/event-path';
import { nameOr, showName } from '../../common/show-value';
import { missOf, type PartSchemas, type PathMiss } from '../personal-paths';
import { isAbsoluteIri, type ValueKind } from './statement-shape';

/** Place of a value: in the event, or the option `rootUrl`. */
export interface Placeholder {
  /** As in errors: `data.invoice_id`. */
  readonly path: string;
  readonly part: 'data' | 'context' | 'rootUrl';
  /** Keys below the part. */
  readonly keys: readonly string[];
}

export type TemplatePiece = string | Placeholder;

const NOWHERE: FieldPath = { part: 'added', steps: [] };
const PLACEHOLDER = /\{([^{}]*)\}/;

export function hasPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** @returns the errors instead, if there are any */
export function readTemplate(
  text: string,
  kind: ValueKind,
  schemas: PartSchemas,
): readonly TemplatePiece[] | readonly PathMiss[] {
  const found = text.split(PLACEHOLDER).map((each, at) => (at % 2 === 0 ? each : readPlaceholder(each, schemas)));
  const errors = found.filter((each): each is PathMiss => typeof each === 'object' && 'what' in each);
  if (errors.length > 0) return errors;
  const pieces = (found as readonly TemplatePiece[]).filter((piece) => piece !== '');
  const error = formError(pieces, kind);
  return error === undefined ? pieces : [error];
}

function readPlaceholder(path: string, schemas: PartSchemas): Placeholder | PathMiss {
  if (path === 'rootUrl') return { path, part: path, keys: [] };
  const read = readFieldPath(path);
  const miss = read instanceof PathError ? unknownPlaceholder(path) : missOf(read, schemas);
  if (miss !== undefined)
    return { ...miss, what: `its placeholder ${showName(path)} leads nowhere: ${miss.what.replace(/\.$/, '')}` };
  const [{ part, steps } = NOWHERE] = read instanceof PathError ? [] : read;
  const keys = steps.filter((step) => typeof step === 'string');
  if (part === 'added' || keys.length < steps.length)
    return {
      what: `its placeholder ${showName(path)} has a star in it, and so leads to more than one value`,
      fix: "'{data.invoice_id}'",
    };
  return { path, part, keys };
}

function unknownPlaceholder(path: string): PathMiss {
  const name = nameOr('invoice_id', path);
  return {
    what: 'it does not begin with data or context',
    fix: `'{data.${name}}', '{context.${name}}' or '{rootUrl}'; for a text with braces, a function: () => '…'`,
  };
}

/** Finds what cannot be valid for any event. */
function formError(pieces: readonly TemplatePiece[], kind: ValueKind): PathMiss | undefined {
  const [first, ...others] = pieces;
  if ((kind === 'number' || kind === 'flag') && others.length > 0)
    return {
      what: 'its placeholder is part of a longer string',
      fix: "use one placeholder alone, '{data.amount}', or a function",
    };
  if (kind !== 'iri' || (typeof first === 'object' && first.part !== 'rootUrl')) return undefined;
  const sample = pieces.map((piece) => (typeof piece === 'string' ? piece : sampleOf(piece))).join('');
  return isAbsoluteIri(sample)
    ? undefined
    : { what: 'it makes no absolute IRI', fix: "begin it with '{rootUrl}/' or a scheme, 'https://…'" };
}

function sampleOf({ part }: Placeholder): string {
  return part === 'rootUrl' ? 'https://root.example' : 'x';
}
