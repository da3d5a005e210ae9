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

/**
 * Injection token of the role that `createTrackingWorker` gives to every tracker of the
 * application.
 */
export const ROLE_TOKEN = 'TRACKING_ROLE';

/** Options that may be determined as late as at start, for `forRootAsync`. */
export interface TrackingRuntimeOptions {
  /**
   * Set false to switch tracking off: nothing is built, `emit` does nothing, and all injections
   * still work.
   * @default true
   */
  readonly enabled?: boolean | undefined;
  /**
   * Scope of each HTTP request, or false for none.
   * @default {}
   */
  readonly requestContext?: RequestContextOptions | false | undefined;
  /**
   * Clock for the timestamps of events.
   * @default Date.now
   */
  readonly clock?: Clock | undefined;
  /**
   * Limits on the size of one event.
   * @default { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000, maxNameLength: 1_000 }
   */
  readonly limits?: PartialLimits | undefined;
  /**
   * Maximum number of events that are kept until the application has started. Further ones are
   * dropped as 'not-ready'.
   * @default 10_000
   */
  readonly maxEarlyEvents?: number | undefined;
  /**
   * Maximum time in milliseconds that closing the application waits for held events to be written.
   * The default is within the 10 s of `docker stop`.
   * @default 8000
   */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * Use of the queues outside this process: 'emitter' only adds events, 'worker' and 'both' also
   * take them. `createTrackingWorker` sets 'worker'.
   * @default 'both'
   */
  readonly role?: TrackingRole | undefined;
  /**
   * Delivery options of all destinations without their own (docs/delivery.md).
   * @default {}
   */
  readonly delivery?: DeliveryOptions | undefined;
  /**
   * Documented events, against which emitted events are validated.
   * @default none
   */
  readonly catalog?: Catalog | readonly CatalogEntry[] | undefined;
  /**
   * Handling of events that do not match the catalog.
   * @default 'report'
   */
  readonly validation?: ValidationMode | ValidationOptions | undefined;
  /**
   * True to send the documentation with the events: each event names its definition in its field
   * `schema`, and backends that can store the catalog receive it (docs/catalog.md).
   * @default false
   */
  readonly documentation?: boolean | undefined;
  /**
   * Logger for the warnings of this module.
   * @default Nest's logger, context `Tracking`
   */
  readonly logger?: LoggerService | undefined;
}

/**
 * Additional options that the test kit sets. Not public: a store treats two events with one id as
 * one event, and a node needs its hooks.
 */
export interface TestedRuntimeOptions extends TrackingRuntimeOptions {
  readonly ids?: RuntimeOptions['ids'];
  /**
   * True to send events into the tree once it is built, before it is started: a unit test compiles
   * its module and never starts it.
   * @default false
   */
  readonly startsWhenBuilt?: boolean | undefined;
}

/**
 * Options of one tracker in one application, with values that its parts share while they are built.
 */
export interface Settings extends NodeSettings {
  /** Catalog that was read from the options; undefined if none was given or it has errors. */
  readonly catalog: Catalog | undefined;
  readonly options: TestedRuntimeOptions;
  readonly notices: Notices;
}

/**
 * Tracker names of each application. Without this check, a second tracker of the same name would
 * silently replace the first.
 */
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

/**
 * Finds durable destinations without a directory. This needs both the options of the module and the
 * tree.
 */
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

/** Checks the name of a tracker, which is also the name of its folder in the delivery directory. */
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
