import { atMost } from '../common/at-most';
import { describeError } from '../event/normal-form';
import type { Notices } from '../common/notices';
import { within } from '../common/within';
import type { CatalogKeeper } from './catalog-keeper';
import type { CatalogDocument } from './event-document';

/** Interval between deliveries, which tells a keeper when the documents were last in use. */
const INTERVAL_MS = 3_600_000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 300_000;
const CLOSE_MS = 2000;
/** Time for one attempt: a connection that is silent must not end the attempts. */
const ATTEMPT_MS = 120_000;

/**
 * Sends the catalog to the backends that store it. A store that is down receives no events either,
 * and accepts both when it is back. So the courier does not block, and retries until it succeeds.
 */
export class CatalogCourier {
  private readonly timers = new Map<CatalogKeeper, NodeJS.Timeout>();
  private readonly underWay = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly catalog: CatalogDocument,
    private readonly notices: Notices,
  ) {}

  /**
   * Starts to send the catalog to a backend.
   * @param place path of the backend in the configuration
   */
  begin(keeper: CatalogKeeper, place: string): void {
    this.track(this.bring(keeper, place, 0));
  }

  /** Stops sending, and waits briefly for deliveries in progress. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    await atMost(CLOSE_MS, Promise.all(this.underWay));
  }

  private async bring(keeper: CatalogKeeper, place: string, failures: number): Promise<void> {
    let isKept = true;
    try {
      const keeping = Promise.resolve(keeper.keepCatalog(this.catalog));
      await within({ timeoutMs: ATTEMPT_MS, keepsAlive: false }, keeping, noAnswer);
    } catch (error) {
      if (this.isClosed) return;
      isKept = false;
      this.notices.once(
        `catalog ${place}`,
        () =>
          `${place} could not store the catalog: ${describeError(error)}. Retrying until it succeeds. (Logged once.)`,
      );
    }
    if (this.isClosed) return;
    const delayMs = isKept ? INTERVAL_MS : Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS);
    const again = setTimeout(() => {
      this.track(this.bring(keeper, place, isKept ? 0 : failures + 1));
    }, delayMs);
    this.timers.set(keeper, again.unref());
  }

  private track(run: Promise<void>): void {
    this.underWay.add(run);
    void run.finally(() => this.underWay.delete(run));
  }
}

function noAnswer(): never {
  throw new Error(`no answer within ${String(ATTEMPT_MS / 1000)} seconds`);
}
