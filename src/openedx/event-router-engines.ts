/**
 * Engines of event-routing-backends. A router sends the statements or Caliper events that its
 * processors make. Where it sends them is in the database of the platform (RouterConfiguration), so
 * the application describes that backend.
 */
import { CaliperBackend } from '../caliper/caliper.backend';
import { showValue, TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { backend, type BackendClass, type BackendDescription, type ProcessorEntry } from '../routing/description';
import { XapiBackend } from '../xapi/xapi.backend';
import { OptionReader } from './option-reader';
import { at } from './setting-path';
import type { DescribeOpenEdxNode, OpenEdxEngines, OpenEdxNode } from './settings-engine';
import type { SettingsSource } from './settings-source';

type Kind = 'xapi' | 'caliper';

/** Backends to which routers of the settings send, by what they send. */
export type RouterTargets = Readonly<Record<Kind, unknown>>;

/** A processor that makes statements, Caliper events or envelopes. */
interface Transformer {
  readonly engine: string;
  readonly path: string;
  readonly kind: Kind;
  /** IRI of the sensor, of the processor that makes envelopes. */
  readonly sensor?: string | undefined;
}

const KINDS = { xapi: 'xapi', caliper: 'caliper' } as const;
const TYPES = { xapi: XapiBackend, caliper: CaliperBackend } as const;
const SWITCHES = { xapi: 'XAPI_EVENTS_ENABLED', caliper: 'CALIPER_EVENTS_ENABLED' } as const;
const EXAMPLES = {
  xapi:
    "import { XapiBackend } from 'nestjs-event-tracking/xapi'; backendsFromSettings(settings, {}, " +
    "{ xapi: backend(XapiBackend, { url: 'https://lrs.example/xAPI', rootUrl: 'https://lms.example', " +
    "auth: { username: 'lms', password: process.env.LRS_PASSWORD ?? '' } }) })",
  caliper:
    "import { CaliperBackend } from 'nestjs-event-tracking/caliper'; backendsFromSettings(settings, {}, " +
    "{ caliper: backend(CaliperBackend, { url: 'https://caliper.example/events', rootUrl: 'https://lms.example', " +
    "auth: { token: process.env.CALIPER_TOKEN ?? '' } }) })",
};
const ROUTERS = [
  'async_events_router.AsyncEventsRouter',
  'sync_events_router.SyncEventsRouter',
  'events_router.EventsRouter',
];

export class EventRouters {
  private readonly targets: Readonly<Record<Kind, BackendDescription | undefined>>;
  /** Transformers that no router has claimed yet. */
  private readonly open = new Map<ProcessorEntry, Transformer>();

  constructor(
    targets: RouterTargets,
    private readonly source: SettingsSource,
    private readonly errors: ConfigError[],
  ) {
    this.targets = { xapi: this.checked('xapi', targets.xapi), caliper: this.checked('caliper', targets.caliper) };
  }

  get engines(): OpenEdxEngines {
    const processors = 'event_routing_backends.processors';
    return {
      ...Object.fromEntries(ROUTERS.map((name) => [`event_routing_backends.backends.${name}`, this.router])),
      [`${processors}.xapi.transformer_processor.XApiProcessor`]: this.transformer('xapi'),
      [`${processors}.caliper.transformer_processor.CaliperProcessor`]: this.transformer('caliper'),
      [`${processors}.caliper.envelope_processor.CaliperEnvelopeProcessor`]: this.transformer('caliper', 'sensor_id'),
    };
  }

  /** Reports the transformers that are not inside a router, unless other errors explain that. */
  reportOthers(): void {
    if (this.errors.length > 0) return;
    for (const { path, engine } of this.open.values())
      this.errors.push({
        path: at(path, 'ENGINE'),
        what: `${engine} is not among the processors of a router of event-routing-backends, where it is read.`,
        fix: 'move it there; or call toXapi or toCaliper in a processor of your own, and name that as its engine',
      });
  }

  private transformer(kind: Kind, sensorOption?: string): DescribeOpenEdxNode {
    return (options, node) => {
      const read = new OptionReader(options, node);
      const sensor = sensorOption === undefined ? undefined : read.text(sensorOption);
      read.done();
      const marker = (): void => undefined;
      this.open.set(marker, { kind, engine: node.engine, path: node.path, sensor });
      return marker;
    };
  }

  private readonly router: DescribeOpenEdxNode = (options, node) => {
    const { transformers, filters } = this.claimed(node);
    const read = new OptionReader(options, node);
    const named = read.oneOf('backend_name', KINDS, (text) => text.toLowerCase());
    read.done();
    const [{ kind } = { kind: named }] = transformers;
    if (kind === undefined || transformers.length === 0)
      return refuse(node, 'has no processor that makes statements or Caliper events.', `add ${XAPI_STEP}`);
    if (transformers.some((each) => each.kind !== (named ?? kind)))
      return refuse(node, 'has processors of another kind than its backend_name.', 'leave backend_name out');
    if (!this.source.isOn(SWITCHES[kind], true))
      return backend(TYPES[kind] as BackendClass, { useFactory: () => false });
    const target = this.targets[kind];
    if (target === undefined) {
      const what =
        'sends to the URLs of its router configurations, which are in the database of the platform and not in these settings.';
      return refuse(node, what, `${EXAMPLES[kind]}; or ${SWITCHES[kind]}=false`);
    }
    const sensor = transformers.find((each) => each.sensor !== undefined)?.sensor;
    const { processors = [], ...others } = target.node;
    const made = { ...target, node: { ...others, processors: [...filters, ...processors] } };
    return sensor === undefined ? made : withSensor(made, sensor);
  };

  /** Takes the transformers out of the processors of a router. */
  private claimed(node: OpenEdxNode): { transformers: readonly Transformer[]; filters: readonly ProcessorEntry[] } {
    const found = node.processors.map((entry) => this.open.get(entry));
    for (const entry of node.processors) this.open.delete(entry);
    const transformers = found.filter((each) => each !== undefined);
    const filters = node.processors.filter((_, index) => found[index] === undefined);
    if (found.slice(filters.length).includes(undefined))
      refuse(
        node,
        'has a processor behind the one that makes statements or Caliper events.',
        'move it in front of that',
      );
    return { transformers, filters };
  }

  private checked(kind: Kind, given: unknown): BackendDescription | undefined {
    if (given === undefined) return undefined;
    const { kind: found, type, options } = (given ?? {}) as Partial<BackendDescription>;
    const path = `options.${kind}`;
    if (found !== 'backend' || type === TYPES[kind === 'xapi' ? 'caliper' : 'xapi']) {
      const what = `it is ${showValue(found === 'backend' ? type : given)}; expected the description of a ${TYPES[kind].name}.`;
      this.errors.push({ path, what, fix: EXAMPLES[kind] });
      return undefined;
    }
    const agent = kind === 'xapi' ? this.source.raw('XAPI_AGENT_IFI_TYPE') : undefined;
    const isById = agent === undefined || agent === null || agent === '' || agent === 'external_id';
    if (!isById && type === XapiBackend && !Object.hasOwn(options as object, 'actor') && !hasFactory(options))
      this.errors.push({
        path: 'XAPI_AGENT_IFI_TYPE',
        what: 'it asks for e-mail addresses of users, which events do not have, and options.xapi has no actor.',
        fix: 'actor: (_event, user) => ({ mbox: addresses.get(user) }), or mbox_sha1sum',
      });
    return given as BackendDescription;
  }
}

const XAPI_STEP = '{ "ENGINE": "event_routing_backends.processors.xapi.transformer_processor.XApiProcessor" }';

/** Gives the sensor of the settings to each CaliperBackend that has none. */
function withSensor(description: BackendDescription, sensor: string): BackendDescription {
  const { type, options, node } = description;
  if (type !== CaliperBackend) {
    const inside = Object.entries(node.backends ?? {}).map(([name, each]) => [name, withSensor(each, sensor)] as const);
    return inside.length === 0
      ? description
      : { ...description, node: { ...node, backends: Object.fromEntries(inside) } };
  }
  if (!hasFactory(options)) return { ...description, options: { sensor, ...(options as object) } };
  const useFactory = async (...dependencies: unknown[]): Promise<object | false> => {
    const made = await options.useFactory(...dependencies);
    return made === false ? false : { sensor, ...made };
  };
  return { ...description, options: { ...options, useFactory } };
}

function hasFactory(
  options: unknown,
): options is { readonly useFactory: (...given: unknown[]) => object | false | Promise<object | false> } {
  return typeof (options as { useFactory?: unknown } | undefined)?.useFactory === 'function';
}

function refuse(node: OpenEdxNode, what: string, fix: string): never {
  throw TrackingConfigException.create([{ path: at(node.path, 'ENGINE'), what: `${node.engine} ${what}`, fix }]);
}
