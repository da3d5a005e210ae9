import { EventInspector, type Refusal } from '../catalog/event-inspector';
import { TrackingCatalog } from '../catalog/tracking-catalog';
import { TrackingViolations } from '../catalog/tracking-violations';
import type { Deliveries } from '../delivery/deliveries';
import { Envelope } from '../event/envelope';
import { originFacts } from '../event/event-record';
import type { EmitConfirmation } from './emit-confirmation';
import { currentEmitPlace } from './emit-place';
import type { RuntimeOptions } from './runtime-options';
import type { TrackerParts } from './tracker-parts';

/** Path of the dead letters of events that do not match the catalog. No node can have that path. */
export const REJECTED_PATH = 'catalog:rejected';

export interface CatalogGateParts
  extends
    Pick<TrackerParts, 'counters' | 'notices' | 'failures' | 'normalizer'>,
    Pick<RuntimeOptions, 'catalog' | 'validation' | 'documentation'> {
  readonly deliveries: Pick<Deliveries, 'keepLetter' | 'takeBack'>;
  /** Receives rejected events that are redriven and match the catalog by now. */
  readonly receive: (envelope: Envelope) => void;
}

/**
 * Decides by the catalog which events may enter the tree. A rejected event becomes a dead letter,
 * which can be redriven when the catalog accepts it. Without a catalog every event may enter.
 */
export class CatalogGate {
  readonly violations: TrackingViolations;
  readonly catalog: TrackingCatalog;
  /** Returns the personal paths of the events of a name; undefined without a catalog. */
  readonly pii: ((eventName: string) => readonly string[]) | undefined;
  private readonly inspector: EventInspector | undefined;
  private readonly isStamped: boolean;

  constructor(private readonly parts: CatalogGateParts) {
    const { catalog, counters, deliveries, normalizer, receive } = parts;
    this.isStamped = parts.documentation === true;
    this.inspector = catalog && this.inspectorOf(catalog);
    this.pii = catalog?.pii;
    this.violations = this.inspector?.violations ?? new TrackingViolations();
    this.catalog = new TrackingCatalog(catalog, this.inspector);
    deliveries.takeBack(REJECTED_PATH, {
      isTaken: (event) => this.inspector?.takes(Envelope.carried(event, {}, normalizer)) ?? true,
      take: (event, origin) => {
        counters.redrive();
        receive(this.stamp(Envelope.carried(event, origin, normalizer)));
      },
    });
  }

  /**
   * Counts and checks an emitted event.
   * @param time time of the event in epoch milliseconds
   * @returns the reason why the event must not enter the tree; undefined if it may
   */
  inspect(envelope: Envelope, time: number): Refusal | undefined {
    return this.inspector?.inspect(envelope, time, currentEmitPlace());
  }

  /** Adds the name, version and hash of its definition to an event, if `documentation` is true. */
  stamp(envelope: Envelope): Envelope {
    return this.isStamped ? (this.inspector?.stamp(envelope) ?? envelope) : envelope;
  }

  /**
   * Keeps a refused event as a dead letter. Counting is the last step, after which nothing throws.
   */
  reject(envelope: Envelope, refusal: Refusal, confirmation: EmitConfirmation | undefined): void {
    const { counters, deliveries } = this.parts;
    deliveries.keepLetter(REJECTED_PATH, envelope.stored(), refusal.reason, originFacts(envelope));
    if (confirmation !== undefined) {
      confirmation.settle(REJECTED_PATH, 'dead-lettered');
      confirmation.violations = refusal.violations;
    }
    counters.drop('invalid');
  }

  private inspectorOf(catalog: NonNullable<RuntimeOptions['catalog']>): EventInspector {
    const { validation, counters, notices, failures } = this.parts;
    return new EventInspector({
      catalog,
      validation,
      isStamped: this.isStamped,
      count: (kind) => {
        counters.violate(kind);
      },
      tell: (key, text) => {
        notices.aboutInput('catalog violation', () => [key], text);
      },
      fail: (place, error, consequence) => {
        failures.report(place, error, consequence);
      },
    });
  }
}
