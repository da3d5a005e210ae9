/** Kinds of changes to an event, classified by their effect on its readers. */
export type ChangeKind = keyof typeof BREAKING | keyof typeof HARMLESS;

/** Difference between the locked catalog and the current one. */
export interface Change {
  readonly kind: ChangeKind;
  /**
   * Path such as `data.answers.*.text`; for a change of the event itself: '' or one of its options.
   */
  readonly path: string;
  readonly was: string | null;
  readonly is: string | null;
  readonly isBreaking: boolean;
  /** Short description of the change. */
  readonly what: string;
  /** Why the change breaks a reader; null if it breaks none. */
  readonly why: string | null;
}

const STORED = 'stored events of this version may not have it';
const UNKNOWN_VALUE = 'a query or consumer that handles every listed value will see an unknown one';

/** Reasons why breaking changes break a reader. */
const BREAKING = {
  'event-removed': 'consumers of this event will no longer receive it',
  'context-removed': 'consumers that read its fields will no longer find them',
  'version-lowered': 'one version number would have two meanings',
  'schema-removed': 'consumers can no longer rely on its fields',
  'field-removed': 'consumers that read it will find it missing, or with an undocumented value',
  'required-field-added': STORED,
  'became-required': STORED,
  'became-optional': 'consumers must handle events without it',
  'type-changed': 'a query that expects the old type fails or compares incorrectly',
  'type-widened': 'consumers will see a type that they do not expect',
  'values-added': UNKNOWN_VALUE,
  'values-opened': UNKNOWN_VALUE,
  'alternative-added': 'consumers that distinguish the alternatives will see an unknown one',
  'object-opened': 'a store or consumer that knows all fields will see unknown ones',
  'limit-loosened': 'a column or validation sized for the old limit may reject new values',
  'pattern-changed': 'consumers that parse it by the old pattern may fail: the two patterns cannot be compared',
  'format-changed': 'consumers that parse it in the old format will fail',
  'constraint-changed': 'it may accept values that were not accepted before: the constraints cannot be compared',
  'not-compared': 'it has too many alternatives to check that every value it accepts was accepted before',
  'reference-not-followed': 'changes to the referenced schema are not detected',
  'statement-removed': 'readers of its xAPI statements will no longer find new ones',
  'statement-changed': 'queries over stored xAPI statements will not match the new ones',
  'statement-field-removed': 'queries over xAPI statements that use it will not match the new ones',
  'pii-added': 'consumers must treat it as personal data, and it may arrive masked',
} as const;

/** Descriptions of the changes that break no reader. */
const HARMLESS = {
  'event-added': 'event added',
  'context-added': 'context added',
  'version-raised': 'version raised',
  'schema-added': 'now described',
  'field-added': 'field added',
  'type-narrowed': 'fewer types',
  'values-removed': 'fewer values',
  'values-listed': 'restricted to the listed values',
  'alternative-removed': 'fewer alternatives',
  'object-closed': 'other fields no longer allowed',
  'limit-tightened': 'limit tightened',
  'pattern-added': 'pattern added',
  'format-added': 'format added',
  'constraint-added': 'constraint added',
  'statement-added': 'xAPI statement added',
  'statement-field-added': 'added to the statement',
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
