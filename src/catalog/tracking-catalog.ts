import type { Catalog } from './catalog';
import type { CatalogDocument } from './event-document';

/** How often events of a name were emitted by this process, or are stored. */
export interface SeenEvent {
  readonly name: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** What is documented beside what was emitted. */
export interface CatalogCoverage {
  /** Documented, and emitted. */
  readonly seen: readonly SeenEvent[];
  /** Emitted, and in no document. */
  readonly undocumented: readonly SeenEvent[];
  /** Documented, and never emitted by this process. */
  readonly unseen: readonly string[];
  /** Events of names beyond the 10,000 that are kept. */
  readonly others: number;
}

/** Whose names are counted. */
export interface NamesSeen {
  seen(): SeenEvent[];
  readonly others: number;
}

/** The catalog of one tracker while it runs. */
export class TrackingCatalog {
  private readonly catalog: Catalog | undefined;
  private readonly names: NamesSeen | undefined;

  /** Built by TrackingModule: inject it. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(catalog: Catalog | undefined, names: NamesSeen | undefined);
  constructor(catalog: Catalog | undefined, names: NamesSeen | undefined) {
    this.catalog = catalog;
    this.names = names;
  }

  /** Its documents as plain JSON; empty without a catalog. */
  get document(): CatalogDocument {
    return this.catalog?.document ?? { events: [], contexts: [] };
  }

  /** What was emitted since the process started, held against the catalog; nothing is counted without one. */
  coverage(): CatalogCoverage {
    const emitted = this.names?.seen() ?? [];
    const isDocumented = ({ name }: SeenEvent): boolean => this.catalog?.events.has(name) === true;
    const names = new Set(emitted.map(({ name }) => name));
    return {
      seen: emitted.filter(isDocumented),
      undocumented: emitted.filter((each) => !isDocumented(each)),
      unseen: [...(this.catalog?.events.keys() ?? [])].filter((name) => !names.has(name)).sort(),
      others: this.names?.others ?? 0,
    };
  }
}
