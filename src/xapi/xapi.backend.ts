import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { readCatalog, TRACKER_CATALOG, type EventCatalog } from '../catalog/catalog';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { Destination, EventRejection } from '../delivery/destination';
import type { IdentifiedEvent } from '../event/tracking-event';
import { NODE_OPTIONS } from '../routing/tokens';
import type { XapiActorChoice } from './actor';
import { XAPI_VERSIONS, XapiConverter, type XapiLookups } from './converter';
import { convertBatch } from './convert-batch';
import { Endpoint } from './endpoint';
import { LrsSender } from './lrs-sender';
import { SubjectResolver, type Resolved } from './resolvers';
import { checkXapiBackendOptions, type XapiBackendOptions } from './xapi-backend-options';

/**
 * Sends events as xAPI statements to an LRS, in batches. An event without a row, and without a
 * definition that has `xapi`, is dropped as 'no-statement' before it is queued; an event that lacks
 * what its row needs becomes a dead letter.
 * @throws TrackingConfigException with all errors in its options
 */
@Injectable()
export class XapiBackend implements Destination, OnApplicationShutdown {
  /** Keeps a body under 1 MB, a common limit of servers. */
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 100, maxBytes: 400_000 } };

  /** False if a function of the application gets the events, and may change them. */
  readonly readsOnly: boolean;
  private readonly converter: XapiConverter;
  private readonly resolver: SubjectResolver<XapiActorChoice>;
  private readonly endpoint: Endpoint;
  private readonly sender: LrsSender;
  /** What is known about the users and courses of the batch that is being converted. */
  private known: Resolved<XapiActorChoice> | undefined;

  /** @param catalog catalog of the tracker, used unless the options have one */
  constructor(
    @Optional() @Inject(NODE_OPTIONS) options: XapiBackendOptions,
    @Optional() @Inject(TRACKER_CATALOG) catalog?: EventCatalog,
  ) {
    checkXapiBackendOptions(options);
    const definitions = (options.catalog === undefined ? catalog : readCatalog(options.catalog))?.events;
    const { actor = (_event, user) => user, courseName = () => undefined, partialSuccess = false } = options;
    const isComputed = [...(definitions?.values() ?? [])].some(({ xapi }) => xapi?.isComputed === true);
    this.readsOnly = !isComputed && [options.actor, options.rows, options.override].every((each) => each === undefined);
    this.resolver = new SubjectResolver<XapiActorChoice>({ actor, courseName }, options.cache);
    const lookups: XapiLookups = {
      actor: (_event, user) => this.known?.actors.get(user),
      courseName: (courseId) => this.known?.courseNames.get(courseId),
    };
    this.converter = new XapiConverter(options, lookups, definitions);
    const version = XAPI_VERSIONS[options.version ?? '1.0.3'];
    this.endpoint = new Endpoint(statementsUrl(options.url, partialSuccess), options, {
      'x-experience-api-version': version,
    });
    this.sender = new LrsSender(this.endpoint, partialSuccess);
  }

  /** Creates the instance that is injected while the backend is switched off. */
  static idle(): XapiBackend {
    return new XapiBackend({ url: 'http://localhost', rootUrl: 'http://localhost' });
  }

  /** Drops events without a row, which have no statement. */
  refuses(event: IdentifiedEvent): 'no-statement' | undefined {
    return this.converter.has(event.name) ? undefined : 'no-statement';
  }

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const { made, rejections } = await convertBatch(events, {
      subjectsOf: (event) => this.converter.subjectsOf(event),
      resolve: (subjects) => this.resolver.resolve(subjects),
      withoutRow: 'no-statement',
      convert: (event, known) => {
        this.known = known;
        return this.converter.statements(event);
      },
    });
    return [...rejections, ...(await this.sender.send(made, events.length, signal))];
  }

  onApplicationShutdown(): void {
    this.endpoint.close();
  }
}

function statementsUrl(given: string | URL, partialSuccess: boolean): URL {
  const url = new URL(given);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/statements') ? path : `${path}/statements`;
  if (partialSuccess) url.searchParams.set('partialSuccess', 'true');
  return url;
}
