import type { EventDetail, EventJson, EventRow, Outcome, ProcessInfo } from '../api';

/** Number of the form of messages. Processes of another form are not understood, and ignored. */
const FORM = 1;
/** Characters of the longest message that is read. */
export const MAX_MESSAGE = 1_500_000;

/** Topic of what concerns all processes, of the rows, and of what is for one process alone. */
export const ALL = 'all';
export const ROWS = 'rows';
export const inboxOf = (origin: string): string => `to.${origin}`;

/** Row of another process. The event is left out if it is long. */
export interface SharedRow {
  readonly row: EventRow;
  readonly event?: EventJson;
}

export interface ChangedOutcomes {
  readonly id: string;
  readonly outcomes: readonly Outcome[];
}

/** `from` is the origin: a random name of the process, under which it receives. */
export type SharedMessage = { readonly from: string } &
  /** Somebody looks at the page of this process. `isNew` asks for the newest rows. */
  (
    | { readonly type: 'watch'; readonly isNew: boolean }
    /** Sent regularly while somebody watches, even without rows. `of` is the number of events. */
    | {
        readonly type: 'rows';
        readonly process: ProcessInfo;
        readonly isBacklog: boolean;
        readonly of: number;
        readonly rows: readonly SharedRow[];
        readonly outcomes: readonly ChangedOutcomes[];
      }
    | { readonly type: 'gone' }
    | { readonly type: 'ask'; readonly question: string; readonly tracker: string; readonly id: string }
    | {
        readonly type: 'answer';
        readonly question: string;
        readonly detail?: EventDetail;
        readonly isTooLarge?: boolean;
      }
  );

export type MessageOf<Type extends SharedMessage['type']> = Extract<SharedMessage, { readonly type: Type }>;

/** Message of rows whose parts are text already. */
export interface RowsText {
  readonly from: string;
  readonly process: ProcessInfo;
  readonly isBacklog: boolean;
  readonly of: number;
  readonly rows: readonly string[];
  readonly outcomes: readonly ChangedOutcomes[];
}

/** Beginning of every message of a process, by which it knows its own ones without reading them. */
export function headOf(origin: string): string {
  return JSON.stringify({ form: FORM, from: origin }).slice(0, -1);
}

export function messageText({ from, ...message }: SharedMessage): string {
  return JSON.stringify({ form: FORM, from, ...message });
}

export function rowsText({ from, rows, ...message }: RowsText): string {
  const head = JSON.stringify({ form: FORM, from, type: 'rows', ...message });
  return `${head.slice(0, -1)},"rows":[${rows.join(',')}]}`;
}

/** Reads a message; undefined if it is not one that this version knows. */
export function readMessage(text: string): SharedMessage | undefined {
  if (text.length > MAX_MESSAGE) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(message) || message['form'] !== FORM || typeof message['from'] !== 'string') return undefined;
  return isKnown(message) ? (message as unknown as SharedMessage) : undefined;
}

/** Whoever reaches the channel can send anything, so what the page relies on is checked. */
function isKnown(message: Readonly<Record<string, unknown>>): boolean {
  switch (message['type']) {
    case 'watch':
    case 'gone':
      return true;
    case 'ask':
      return hasTexts(message, 'question', 'tracker', 'id');
    case 'answer':
      return hasTexts(message, 'question') && (message['detail'] === undefined || isDetail(message['detail']));
    case 'rows':
      return (
        isRecord(message['process']) &&
        hasTexts(message['process'], 'id', 'host', 'node', 'startedAt') &&
        typeof message['of'] === 'number' &&
        isListOf(message['rows'], (each) => isRecord(each) && isRow(each['row']) && isEvent(each['event'])) &&
        isListOf(message['outcomes'], (each) => isRecord(each) && hasTexts(each, 'id') && isOutcomes(each['outcomes']))
      );
    default:
      return false;
  }
}

function isRow(row: unknown): boolean {
  return (
    isRecord(row) &&
    hasTexts(row, 'id', 'process', 'tracker', 'name', 'time') &&
    ['seq', 'bytes', 'violations'].every((key) => typeof row[key] === 'number') &&
    (row['actor'] === undefined || typeof row['actor'] === 'string') &&
    isOutcomes(row['outcomes'])
  );
}

function isOutcomes(outcomes: unknown): boolean {
  return isListOf(outcomes, (each) => isRecord(each) && hasTexts(each, 'path', 'state'));
}

function isEvent(event: unknown): boolean {
  return event === undefined || (isRecord(event) && isRecord(event['context']) && isRecord(event['data']));
}

function isDetail(detail: unknown): boolean {
  return isRecord(detail) && isRow(detail) && isRecord(detail['event']);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function hasTexts(value: Readonly<Record<string, unknown>>, ...keys: readonly string[]): boolean {
  return keys.every((key) => typeof value[key] === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
