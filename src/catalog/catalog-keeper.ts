import type { CatalogDocument } from './event-document';

/** A backend that can hold the documents of the catalog, so that whoever finds an event there finds what it means, too. */
export interface CatalogKeeper {
  /**
   * Keeps each document once, under its hash, and those of before beside it. Called at start, and every hour while the
   * application runs; called again later if it rejects.
   */
  keepCatalog(catalog: CatalogDocument): void | Promise<void>;
}

/** A backend that is given the catalog once, at start, as an event of its own. */
export interface CatalogLog {
  readonly takesCatalogAsEvent: true;
}

export function isCatalogKeeper(backend: object): backend is CatalogKeeper {
  return typeof (backend as Partial<CatalogKeeper>).keepCatalog === 'function';
}

export function isCatalogLog(backend: object): backend is CatalogLog {
  return (backend as Partial<CatalogLog>).takesCatalogAsEvent === true;
}

/** The name of an event that has documents in its data. */
export const CATALOG_EVENT = 'event_catalog';
