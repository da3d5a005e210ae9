import { CatalogCourier } from '../catalog/catalog-courier';
import { CATALOG_EVENT, isCatalogKeeper, isCatalogLog } from '../catalog/catalog-keeper';
import type { CatalogDocument } from '../catalog/event-document';
import { describeError } from '../common/describe-error';
import { Envelope } from '../event/envelope';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { EnvelopeBackend } from '../routing/contracts';
import type { RouteNode } from '../routing/route-node';
import type { TrackerParts } from './tracker-parts';

/**
 * Publishes the documents of the catalog to the backends that can keep them: to a store through a
 * courier that tries again until it succeeds, to a log once, as an event.
 */
export class CatalogPublisher {
  private readonly courier: CatalogCourier;

  constructor(
    private readonly catalog: CatalogDocument,
    private readonly parts: Pick<TrackerParts, 'ids' | 'normalizer' | 'notices'>,
  ) {
    this.courier = new CatalogCourier(catalog, parts.notices);
  }

  /** Starts publishing to each backend that keeps the catalog. Never throws. */
  begin(nodes: Iterable<Pick<RouteNode, 'backend' | 'standsAt' | 'sink'>>): void {
    for (const { backend, standsAt, sink } of nodes) {
      if (isCatalogKeeper(backend)) this.courier.begin(backend, standsAt);
      else if (isCatalogLog(backend)) this.log(standsAt, sink);
    }
  }

  /** Stops publishing. Resolves when the stores have answered, at the latest after two seconds. */
  async close(): Promise<void> {
    await this.courier.close();
  }

  /**
   * Logs the catalog. Catches errors, since the logger may be the application's own and must not
   * fail the start.
   */
  private log(place: string, sink: EnvelopeBackend | undefined): void {
    let refused: string | undefined;
    try {
      refused = sink?.accept(this.event());
    } catch (error) {
      refused = describeError(error);
    }
    if (refused !== undefined) this.parts.notices.warn(`${place} did not accept the catalog: ${refused}.`);
  }

  private event(): Envelope {
    const { ids, normalizer } = this.parts;
    const now = Date.now();
    const data = this.catalog as unknown as IdentifiedEvent['data'];
    const event = { name: CATALOG_EVENT, timestamp: new Date(now), id: ids.next(now), context: {}, data };
    return Envelope.carried(event, {}, normalizer);
  }
}
