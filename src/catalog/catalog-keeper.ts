import type { CatalogDocument } from './event-document';

/** Backend that can store the documents of the catalog next to its events, so readers find both. */
export interface CatalogKeeper {
  /**
   * Stores each document once, under its hash, and keeps earlier documents. Called at start and
   * every hour while the application runs. Called again later if it rejects.
   */
  keepCatalog(catalog: CatalogDocument): void | Promise<void>;
}

/** Backend that receives the catalog once, at start, as a separate event. */
export interface CatalogLog {
  readonly takesCatalogAsEvent: true;
}

export function isCatalogKeeper(backend: object): backend is CatalogKeeper {
  return typeof (backend as Partial<CatalogKeeper>).keepCatalog === 'function';
}

export function isCatalogLog(backend: object): backend is CatalogLog {
  return (backend as Partial<CatalogLog>).takesCatalogAsEvent === true;
}

/** Name of the event that carries catalog documents in its data. */
export const CATALOG_EVENT = 'event_catalog';
