/**
 * Events of Caliper 1.2, as far as this library makes them
 * (https://www.imsglobal.org/spec/caliper/v1p2).
 */

/** JSON-LD context of Caliper 1.2, and the version of the data in an envelope. */
export const CALIPER_CONTEXT = 'http://purl.imsglobal.org/ctx/caliper/v1p2';

/** A person, a course, a problem or any other thing that an event is about. */
export interface CaliperEntity {
  readonly id: string;
  readonly type: string;
  readonly name?: string | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  readonly [field: string]: unknown;
}

export interface CaliperEvent {
  readonly '@context': string;
  /** `urn:uuid:…`. The same event always gets the same id. */
  readonly id: string;
  readonly type: string;
  readonly action: string;
  readonly actor: CaliperEntity;
  readonly object: CaliperEntity;
  /** Time in UTC with milliseconds. */
  readonly eventTime: string;
  readonly target?: CaliperEntity | undefined;
  readonly generated?: Readonly<Record<string, unknown>> | undefined;
  readonly session?: CaliperEntity | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** What a Caliper endpoint receives: events with the sensor that recorded them. */
export interface CaliperEnvelope {
  readonly sensor: string;
  /** Time when the envelope was made, in UTC with milliseconds. */
  readonly sendTime: string;
  readonly dataVersion: string;
  readonly data: readonly CaliperEvent[];
}

/**
 * Puts events into an envelope.
 * @param sensor IRI of the system that records the events
 */
export function caliperEnvelope(
  sensor: string,
  events: readonly CaliperEvent[],
  sendTime: Date = new Date(),
): CaliperEnvelope {
  return { sensor, sendTime: sendTime.toISOString(), dataVersion: CALIPER_CONTEXT, data: events };
}
