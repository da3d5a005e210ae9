/** `GET api/catalog` */
export interface CatalogState {
  readonly events: readonly EventDocumentation[];
  /** Emitted, but not documented. */
  readonly undocumented: readonly SeenName[];
}

export interface SeenName {
  readonly name: string;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

export interface EventDocumentation {
  readonly name: string;
  readonly version?: number | string;
  readonly description?: string;
  readonly when?: string;
  readonly owner?: string;
  readonly source?: string;
  readonly isDeprecated: boolean;
  readonly fields: readonly FieldDocumentation[];
  readonly example?: unknown;
  /** Absent if it was never emitted by this process. */
  readonly seen?: SeenName;
}

export interface FieldDocumentation {
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly isPersonal: boolean;
  readonly description?: string;
}
