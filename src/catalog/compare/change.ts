/** Kinds of changes to an event, classified by their effect on its readers. */
export type ChangeKind = keyof typeof BREAKING | keyof typeof HARMLESS;

/** Difference between the locked catalog and the current one. */
export interface Change {
  readonly kind: ChangeKind;
  /** `data.answers.*.text`; of the event itself: '' or one of its options. */
  readonly path: string;
  readonly was: string | null;
  readonly is: string | null;
  readonly isBreaking: boolean;
  /** Short description of the change. */
  readonly what: string;
  /** Why the change breaks a reader; null if it breaks none. */
  readonly why: string | null;
}

const STORED = 'events of this version that are stored already need not carry it';
const UNKNOWN_VALUE = 'a query or consumer that knows all values meets one that it does not know';

/** Reasons why breaking changes break a reader. */
const BREAKING = {
  'event-removed': 'whoever reads it waits for events that no longer come',
  'context-removed': 'whoever reads its fields finds them no longer',
  'version-lowered': 'two meanings would go by one version',
  'schema-removed': 'nothing is promised to readers any more',
  'field-removed': 'whoever reads it finds it no longer, or as something that nothing is said about',
  'required-field-added': STORED,
  'became-required': STORED,
  'became-optional': 'whoever reads it must cope with events that lack it',
  'type-changed': 'a query that reads it as what it was fails, or compares wrongly',
  'type-widened': 'whoever reads it meets a type that it did not have',
  'values-added': UNKNOWN_VALUE,
  'values-opened': UNKNOWN_VALUE,
  'alternative-added': 'whoever tells the alternatives apart meets one more',
  'object-opened': 'a store or consumer that knows all fields meets others',
  'limit-loosened': 'a column or a check that was made for the limit is too narrow',
  'pattern-changed': 'whoever takes it apart by the old form fails: whether the new one keeps to it cannot be told',
  'format-changed': 'whoever reads it in the old format fails',
  'constraint-changed': 'whether what it lets through was let through before cannot be told',
  'not-compared': 'it has too many alternatives to tell whether what it lets through was let through before',
  'reference-not-followed': 'what is described there can change without being seen here',
  'pii-added': 'it must be treated as personal from now on, and may come masked',
} as const;

/** Descriptions of the changes that break no reader. */
const HARMLESS = {
  'event-added': 'event added',
  'context-added': 'context added',
  'version-raised': 'version raised',
  'schema-added': 'described from now on',
  'field-added': 'field added',
  'type-narrowed': 'fewer types',
  'values-removed': 'fewer values',
  'values-listed': 'only listed values from now on',
  'alternative-removed': 'fewer alternatives',
  'object-closed': 'no other fields from now on',
  'limit-tightened': 'limit tightened',
  'pattern-added': 'pattern added',
  'format-added': 'format added',
  'constraint-added': 'constraint added',
  'pii-removed': 'no longer marked as personal',
  documentation: 'documentation',
} as const;

export interface ChangeFacts {
  readonly path: string;
  readonly was?: string | null | undefined;
  readonly is?: string | null | undefined;
  readonly what: string;
}

export function breaking(kind: keyof typeof BREAKING, { path, was = null, is = null, what }: ChangeFacts): Change {
  return { kind, path, was, is, isBreaking: true, what, why: BREAKING[kind] };
}

export function harmless(
  kind: keyof typeof HARMLESS,
  { path, was = null, is = null, what = HARMLESS[kind] }: Partial<ChangeFacts> & Pick<ChangeFacts, 'path'>,
): Change {
  return { kind, path, was, is, isBreaking: false, what, why: null };
}
