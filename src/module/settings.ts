import { Logger, type LoggerService } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { RequestContextOptions } from '../context/request-context-options';
import { faultsOfRequestContext, type OptionFault } from '../context/request-options';
import type { Catalog, CatalogEntry } from '../catalog/catalog';
import type { ValidationMode, ValidationOptions } from '../catalog/validation-mode';
import type { Clock } from '../common/clock';
import type { PartialLimits } from '../event/normal-form';
import { Notices } from '../common/notices';
import type { NodeSettings } from '../routing/node-modules';
import type { DeliveryOptions } from '../delivery/delivery-options';
import { classDelivery, resolveDelivery } from '../delivery/resolve-options';
import { faultsOfDelivery } from '../routing/delivery-faults';
import {
  optionName,
  showChoice,
  showIdentifier,
  showKind,
  showOption,
  type ConfigError,
} from '../common/tracking-config.exception';
import { isDestinationClass, type TreePlan } from '../routing/tree-plan';
import { catalogOf } from './catalog-options';
import { faultsOfDecorators } from './decorator-faults';
import { warnOfCopies } from '../tracker/package-copies';
import { faultsOfOptionNames, isObject, type OptionsOrigin } from './module-options';
import type { RuntimeOptions } from '../tracker/tracker-runtime';

export type TrackingRole = 'both' | 'emitter' | 'worker';

const ROLES: readonly string[] = ['both', 'emitter', 'worker'];

/** Given by `createTrackingWorker` to every tracker of the application. */
export const ROLE_TOKEN = 'TRACKING_ROLE';

/** What can be known as late as at start, for `forRootAsync`. */
export interface TrackingRuntimeOptions {
  /** false: nothing is built, `emit` does nothing, everything still injects.  @default true */
  readonly enabled?: boolean | undefined;
  /** The scope that each HTTP request gets, or false for none.  @default {} */
  readonly requestContext?: RequestContextOptions | false | undefined;
  /** Tells the time of events.  @default Date.now */
  readonly clock?: Clock | undefined;
  /**
   * How much of one event is kept.
   * @default { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000, maxNameLength: 1_000 }
   */
  readonly limits?: PartialLimits | undefined;
  /** Events emitted before the application has started are kept up to this number, then dropped as 'not-ready'.  @default 10_000 */
  readonly maxEarlyEvents?: number | undefined;
  /** How long closing the application waits for what is held to be written, in milliseconds. Within the 10 s of `docker stop`.  @default 8000 */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * What this process does with the queues that are outside of it: 'emitter' only puts events there, 'worker' and 'both' take
   * them out too. `createTrackingWorker` makes it 'worker'.  @default 'both'
   */
  readonly role?: TrackingRole | undefined;
  /** How events get to destinations, unless a destination says otherwise (docs/delivery.md).  @default {} */
  readonly delivery?: DeliveryOptions | undefined;
  /** The documented events: what is emitted is held against it.  @default none */
  readonly catalog?: Catalog | readonly CatalogEntry[] | undefined;
  /** What is done about events that do not keep to the catalog.  @default 'report' */
  readonly validation?: ValidationMode | ValidationOptions | undefined;
  /**
   * Whether the documentation travels with the events: each says by which definition it was made, in its field `schema`, and
   * backends that can hold the catalog are given it (docs/catalog.md).  @default false
   */
  readonly documentation?: boolean | undefined;
  /** Where this module's own warnings go.  @default Nest's logger, context `Tracking` */
  readonly logger?: LoggerService | undefined;
}

/** What the test kit sets besides. Not public: a store takes two events of one id for one, and a node needs its hooks. */
export interface TestedRuntimeOptions extends TrackingRuntimeOptions {
  readonly ids?: RuntimeOptions['ids'];
  /** Events go into the tree when it is built, not when it is started: a unit test compiles its module and never starts it.  @default false */
  readonly startsWhenBuilt?: boolean | undefined;
}

/** The options of one tracker in one application, with what its parts share while they are built. */
export interface Settings extends NodeSettings {
  /** As it was read. */
  readonly catalog: Catalog | undefined;
  readonly options: TestedRuntimeOptions;
  readonly notices: Notices;
}

/** The names of the trackers of each application: two of one name would take each other's place in silence. */
const namesTaken = new WeakMap<ModulesContainer, Set<string>>();

export function makeSettings(
  name: string,
  plan: TreePlan,
  given: unknown,
  container: ModulesContainer,
  origin: OptionsOrigin = 'forRoot',
): Settings {
  const options: TrackingRuntimeOptions = isObject(given) ? given : {};
  const { enabled = true, logger = new Logger() } = options;
  const taken = namesTaken.get(container) ?? new Set();
  const faults: ConfigError[] = [
    ...plan.faults,
    ...faultsOfOptionNames(given, origin),
    ...optionFaults(options),
    ...durableFaults(plan, options),
  ];
  const notices = new Notices(logger);
  if (taken.size === 0) warnOfCopies(notices);
  const catalog = catalogOf(options, faults);
  if (!isTrackerName(name)) faults.push(nameFault(name));
  if (taken.has(name)) {
    faults.push(takenFault(name));
  }
  faults.push(...faultsOfDecorators(container));
  namesTaken.set(container, taken.add(name));
  return { options, enabled, catalog, faults, off: new Set(), notices };
}

/** Known no sooner than both the module's options and the tree are. */
function durableFaults({ backends }: Pick<TreePlan, 'backends'>, { delivery }: TrackingRuntimeOptions): ConfigError[] {
  if (faultsOfDelivery(delivery).length > 0) return [];
  return backends.flatMap((node) => {
    const { durable, directory } = resolveDelivery(delivery, classDelivery(node.type), node.delivery);
    const own: ConfigError[] =
      isDestinationClass(node.type) && durable && directory === undefined
        ? [
            {
              path: node.place,
              what: 'its delivery is durable, but has no directory to keep events in.',
              fix: "TrackingModule.forRoot({ delivery: { directory: '/var/lib/my-app/tracking' }, ... })",
            },
          ]
        : [];
    return [...own, ...durableFaults({ backends: node.children }, { delivery })];
  });
}

function optionFaults(options: TrackingRuntimeOptions): ConfigError[] {
  const faults: ConfigError[] = [];
  const refuse = (path: string, value: unknown, wanted: string, fix: string, choices: readonly string[] = []): void => {
    faults.push({ path, what: `it is ${showChoice(value, choices)}, not ${wanted}.`, fix });
  };
  const { enabled, clock, requestContext, limits = {} } = options;
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    refuse('enabled', enabled, 'true or false', "enabled: config.get('TRACKING_ENABLED') !== 'false'");
  }
  if (clock !== undefined && typeof clock !== 'function')
    refuse('clock', clock, 'a function', 'clock: () => Date.now()');
  faults.push(...faultsOfRequestContext(requestContext).map(shownFault));
  const { role } = options;
  if (role !== undefined && !ROLES.includes(role))
    refuse('role', role, '"both", "emitter" or "worker"', "role: 'emitter' for a web process next to workers", ROLES);
  const { maxEarlyEvents, shutdownTimeoutMs } = options;
  for (const [path, value] of Object.entries({ maxEarlyEvents, shutdownTimeoutMs })) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      refuse(path, value, 'a number from 0 up', 'leave it out, or give a number');
  }
  for (const { option, what, fix } of faultsOfDelivery(options.delivery)) {
    faults.push({ path: option === 'delivery' ? option : `delivery.${option}`, what, fix });
  }
  if (!isObject(limits)) refuse('limits', limits, 'an object', 'limits: { maxDepth: 64 }, or leave it out');
  for (const [limit, value] of Object.entries(isObject(limits) ? limits : {})) {
    if (value !== undefined && !(typeof value === 'number' && value > 0))
      refuse(`limits.${optionName(limit)}`, value, 'a number above 0', 'leave it out, or give a number');
  }
  return faults;
}

function takenFault(name: string): ConfigError {
  return {
    path: 'name',
    what: `the application imports TrackingModule.forRoot twice with the name ${showIdentifier(name)}.`,
    fix:
      'import it once, in the root module: it is global, so feature modules inject TrackerService without importing it. ' +
      "For a second tracker of its own: TrackingModule.forRoot({ name: 'another', ... }), injected by @InjectTracker('another')",
  };
}

/** The name of a tracker is the name of its folder in the delivery directory. */
function isTrackerName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/^\.+$|\p{Cs}/u.test(name);
}

function nameFault(name: unknown): ConfigError {
  const isDots = typeof name === 'string' && /^\.+$/.test(name);
  const why = isDots ? 'which leads to another folder' : 'not a usable name';
  return { path: 'name', what: `it is ${showIdentifier(name)}, ${why}.`, fix: "name: 'audit', or leave it out" };
}

function shownFault(fault: OptionFault): ConfigError {
  const { path, key, wanted, choices = [], fix } = fault;
  const list = [...new Set(choices)].map((choice) => optionName(choice)).join(', ');
  return {
    path: key === undefined ? path : `${path}.${optionName(key, choices)}`,
    what: `it is ${shownGiven(fault)}, not ${wanted}${list === '' ? '' : `: ${list}`}.`,
    fix,
  };
}

function shownGiven({ value, isSecret, isField, choices = [] }: OptionFault): string {
  if (isSecret === true) return showKind(value);
  return isField === true && typeof value === 'string' ? showOption(value, choices) : showChoice(value, choices);
}
