import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { backendOptionChecker } from '../routing/backend-options';
import { text } from '../common/option-rules';
import type { OptionRules } from '../common/option-place';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { Destination, EventRejection } from '../delivery/destination';
import type { IdentifiedEvent } from '../event/tracking-event';
import { NODE_OPTIONS } from '../routing/tokens';
import { httpUrl } from '../backends/http/http-options';
import type { ResolverCacheOptions } from '../xapi/bounded-cache';
import { convertBatch } from '../xapi/convert-batch';
import { Endpoint, ENDPOINT_RULES, type EndpointOptions } from '../xapi/endpoint';
import type { LearningEvent } from '../xapi/learning-event';
import { redactorOf } from '../xapi/redact-values';
import { SubjectResolver, type Resolved } from '../xapi/resolvers';
import { RESOLVER_RULES } from '../xapi/xapi-backend-options';
import { CaliperConverter } from './caliper-converter';
import { caliperEnvelope } from './caliper-event';
import type { CaliperMapping } from './caliper-options';
import { CALIPER_MAPPING_RULES } from './to-caliper';

export interface CaliperBackendOptions extends CaliperMapping, EndpointOptions {
  /** URL of the endpoint that receives envelopes. */
  readonly url: string | URL;
  /** IRI of the system that records the events.  @default `rootUrl` */
  readonly sensor?: string | undefined;
  /**
   * Returns who did it. It may be asynchronous, and is called once for each user while its answer
   * is kept. If it rejects, the events of this user are sent again later.
   * @default the user_id or username of the event
   */
  readonly actor?:
    ((event: LearningEvent, user: string) => string | undefined | Promise<string | undefined>) | undefined;
  /** Returns the name of a course. It may be asynchronous, like `actor`.  @default no names */
  readonly courseName?: ((courseId: string) => string | undefined | Promise<string | undefined>) | undefined;
  /** How long answers of `actor` and `courseName` are kept, and how many. */
  readonly cache?: ResolverCacheOptions | undefined;
}

const RULES: OptionRules<CaliperBackendOptions> = {
  url: httpUrl({ isRequired: true }),
  ...CALIPER_MAPPING_RULES,
  sensor: text(),
  ...RESOLVER_RULES,
  ...ENDPOINT_RULES,
};
const EXAMPLE = "backend(CaliperBackend, { url: 'https://caliper.example/events', rootUrl: 'https://lms.example' })";

/**
 * Sends events as Caliper events, one envelope for each batch. An event without a row is dropped as
 * 'no-caliper-event' before it is queued; an event that lacks what its row needs becomes a dead
 * letter.
 * @throws TrackingConfigException with all errors in its options
 */
@Injectable()
export class CaliperBackend implements Destination, OnApplicationShutdown {
  /** Keeps a body under 1 MB, a common limit of servers. */
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 100, maxBytes: 400_000 } };

  /** False if a function of the application gets the events, and may change them. */
  readonly readsOnly: boolean;
  private readonly converter: CaliperConverter;
  private readonly resolver: SubjectResolver<string>;
  private readonly endpoint: Endpoint;
  private readonly sensor: string;
  /** What is known about the users and courses of the batch that is being converted. */
  private known: Resolved<string> | undefined;

  constructor(@Optional() @Inject(NODE_OPTIONS) options: CaliperBackendOptions) {
    const check = backendOptionChecker('CaliperBackend', EXAMPLE);
    check.read(options, RULES);
    check.throwIfAny();
    const { actor = (_event, user) => user, courseName = () => undefined } = options;
    this.readsOnly = [options.actor, options.rows, options.override].every((each) => each === undefined);
    this.resolver = new SubjectResolver<string>({ actor, courseName }, options.cache);
    this.converter = new CaliperConverter(options, {
      actor: (_event, user) => this.known?.actors.get(user),
      courseName: (courseId) => this.known?.courseNames.get(courseId),
    });
    this.endpoint = new Endpoint(options.url, options, {});
    this.sensor = options.sensor ?? String(options.rootUrl);
  }

  /** Creates the instance that is injected while the backend is switched off. */
  static idle(): CaliperBackend {
    return new CaliperBackend({ url: 'http://localhost', rootUrl: 'http://localhost' });
  }

  /** Drops events without a row, which have no Caliper event. */
  refuses(event: IdentifiedEvent): 'no-caliper-event' | undefined {
    return this.converter.has(event.name) ? undefined : 'no-caliper-event';
  }

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const { made, rejections } = await convertBatch(events, {
      subjectsOf: (event) => this.converter.subjectsOf(event),
      resolve: (subjects) => this.resolver.resolve(subjects),
      withoutRow: 'no-caliper-event',
      convert: (event, known) => {
        this.known = known;
        return this.converter.events(event);
      },
    });
    const data = [...made.values()].flat();
    if (data.length === 0) return rejections;
    // The server's words are only kept for the event that they are about.
    const redact = events.length === 1 ? redactorOf(data, [data[0]?.id]) : undefined;
    await this.endpoint.post({ body: JSON.stringify(caliperEnvelope(this.sensor, data)), redact }, signal);
    return rejections;
  }

  onApplicationShutdown(): void {
    this.endpoint.close();
  }
}
