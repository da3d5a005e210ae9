import type { CatalogEntry, EventCatalog } from '../catalog/catalog';
import type { XapiActorResolver } from './actor';
import type { XapiOverride, XapiRow, XapiStatements } from './row';

/** Options for the mapping of events to statements, without those about users and courses. */
export interface XapiMapping {
  /** URL of the system that the events come from; the beginning of ids and of home pages. */
  readonly rootUrl: string | URL;
  /** Version of xAPI.  @default '1.0.3' */
  readonly version?: '1.0.3' | '2.0' | undefined;
  /**
   * What the ids of statements are made of: 'openedx' is the recipe of Open edX (actor, verb and
   * time), 'event' is the id of the event.
   * @default 'openedx'
   */
  readonly ids?: 'openedx' | 'event' | undefined;
  /**
   * Rows for events of your own, by name. A row for a name of Open edX replaces its row.
   * @default {}
   */
  readonly rows?: Readonly<Record<string, XapiRow | XapiStatements>> | undefined;
  /**
   * Catalog whose definitions have `xapi`. They replace rows of Open edX, and `rows` replaces them.
   * @default the catalog of the tracker for XapiBackend; none for `toXapi`
   */
  readonly catalog?: EventCatalog | readonly CatalogEntry[] | undefined;
  /** False to leave out the 65 rows for Open edX.  @default true */
  readonly openEdx?: boolean | undefined;
  /** Changes to parts of statements, by name; `'*'` is for all names.  @default {} */
  readonly override?: Readonly<Record<string, XapiOverride>> | undefined;
  /** Name and version of the converter in statements.  @default 'nestjs-event-tracking' */
  readonly transformer?: string | undefined;
}

/** Options of `toXapi`. */
export interface XapiOptions extends XapiMapping {
  /**
   * Returns who did it.
   * @default the user_id or username of the event, as the name of an account at `rootUrl`
   */
  readonly actor?: XapiActorResolver | undefined;
  /** Returns the name of a course; statements have none for undefined.  @default no names */
  readonly courseName?: ((courseId: string) => string | undefined) | undefined;
}
