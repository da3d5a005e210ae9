import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { TrackerService } from 'nestjs-event-tracking';

/** Status codes that the partner can answer with. */
export const PARTNER_STATUSES = [200, 400, 503] as const;
export type PartnerStatus = (typeof PARTNER_STATUSES)[number];

/** Number of received enrolments that the partner remembers. */
const MAX_RECEIVED = 200;

/** An enrolment as the partner receives it. `id` is the id of the event. */
export interface PartnerEnrolment {
  readonly id: string;
  readonly [field: string]: unknown;
}

/**
 * Simulates the server of a partner that receives the enrolments of this platform. It is a part of
 * this application, so that you can see a destination fail and recover without another server.
 */
@Injectable()
export class PartnerService implements BeforeApplicationShutdown {
  private readonly received = new Map<string, PartnerEnrolment>();
  status: PartnerStatus = 200;

  constructor(private readonly tracker: TrackerService) {}

  /** Stores enrolments by id, because a delivery can send an event twice. */
  receive(enrolments: readonly PartnerEnrolment[]): void {
    for (const enrolment of enrolments) this.received.set(enrolment.id, enrolment);
    for (const id of this.received.keys()) {
      if (this.received.size <= MAX_RECEIVED) return;
      this.received.delete(id);
    }
  }

  /** Lists the last received enrolments, newest last. */
  list(): PartnerEnrolment[] {
    return [...this.received.values()];
  }

  /**
   * Delivers waiting events while the server of this application still answers. The tracker would
   * deliver them at the end of the shutdown, when Nest has closed the server. A real partner has
   * its own server, so your application does not need this.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await this.tracker.flush();
  }
}
