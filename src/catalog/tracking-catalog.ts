import type { EventCatalog } from './catalog';
import type { CatalogDocument } from './event-document';

/** Number of events of one name, emitted by this process or stored. */
export interface SeenEvent {
  readonly name: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Comparison of the documented events with the emitted ones. */
export interface CatalogCoverage {
  /** Documented events that were emitted. */
  readonly seen: readonly SeenEvent[];
  /** Emitted events that are not documented. */
  readonly undocumented: readonly SeenEvent[];
  /** Names of documented events that this process never emitted. */
  readonly unseen: readonly string[];
  /** Number of events whose names exceed the 10,000 names that are kept. */
  readonly others: number;
}

/** Source of the emitted names and their counts. */
export interface NamesSeen {
  seen(): SeenEvent[];
  readonly others: number;
}

/** Catalog of a running tracker. */
export class TrackingCatalog {
  private readonly catalog: EventCatalog | undefined;
  private readonly names: NamesSeen | undefined;

  /** Constructed by TrackingModule. Inject it instead. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(catalog: EventCatalog | undefined, names: NamesSeen | undefined);
  constructor(catalog: EventCatalog | undefined, names: NamesSeen | undefined) {
    this.catalog = catalog;
    this.names = names;
  }

  /** Documents of the catalog as plain JSON; empty without a catalog. */
  get document(): CatalogDocument {
    return this.catalog?.document ?? { events: [], contexts: [] };
  }

  /**
   * Compares the events since the start of the process with the catalog. Empty without a catalog.
   */
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
