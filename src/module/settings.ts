import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { EventCatalog } from '../catalog/catalog';
import { Notices } from '../common/notices';
import type { NodeSettings } from '../routing/node-modules';
import { classDelivery, resolveDelivery } from '../delivery/resolve-options';
import { deliveryErrors, diskOptions } from '../delivery/check-delivery-options';
import { showIdentifier, type ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';
import { isDestinationClass } from '../routing/class-kind';
import { explainUndefined } from '../routing/undefined-option';
import type { TrackerPlan } from '../intake/tracker-plan';
import type { TestedRuntimeOptions, TrackingRuntimeOptions } from './tracking-options';
import { catalogOf } from './catalog-options';
import { decoratorErrors } from './decorator-errors';
import { warnOfCopies } from '../tracker/package-copies';
import { optionNameErrors, type OptionsOrigin } from './module-options';
import { runtimeValueErrors } from './runtime-option-rules';

/**
 * Injection token of the role that `createTrackingWorker` gives to every tracker of the
 * application.
 */
export const ROLE_TOKEN = 'TRACKING_ROLE';

/**
 * Options of one tracker in one application, with values that its parts share while they are built.
 */
export interface Settings extends NodeSettings {
  /** Catalog that was read from the options; undefined if none was given or it has errors. */
  readonly catalog: EventCatalog | undefined;
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
  plan: TrackerPlan,
  given: unknown,
  container: ModulesContainer,
  origin: OptionsOrigin = 'forRoot',
): Settings {
  const options: TrackingRuntimeOptions = isObject(given) ? given : {};
  const { enabled = true, logger = new Logger() } = options;
  const taken = namesTaken.get(container) ?? new Set();
  const source = origin === 'forRoot' ? options : { useFactory: () => options };
  const errors: ConfigError[] = [
    ...plan.errors,
    ...optionNameErrors(given, origin),
    ...[...runtimeValueErrors(given), ...durableErrors(plan, options)].map((each) => explainUndefined(each, source)),
  ];
  const notices = new Notices(logger);
  if (taken.size === 0) warnOfCopies(notices);
  const catalog = catalogOf(options, errors);
  if (!isTrackerName(name)) errors.push(nameError(name));
  if (taken.has(name)) {
    errors.push(takenError(name));
  }
  errors.push(...decoratorErrors(container));
  namesTaken.set(container, taken.add(name));
  return { options, enabled, catalog, errors, off: new Set(), notices };
}

/**
 * Finds durable destinations without a directory. This needs both the options of the module and the
 * tree.
 */
function durableErrors(
  { backends }: Pick<TrackerPlan, 'backends'>,
  { delivery }: TrackingRuntimeOptions,
): ConfigError[] {
  const ofModule = deliveryErrors('delivery', delivery).length > 0 ? diskOptions(delivery) : delivery;
  return backends.flatMap((node) => {
    const { durable, directory } = resolveDelivery(ofModule, classDelivery(node.type), node.delivery);
    const isGiven = isObject(delivery) && Object.hasOwn(delivery, 'directory');
    const own: ConfigError[] =
      isDestinationClass(node.type) && durable && directory === undefined
        ? [
            {
              path: node.place,
              what: isGiven
                ? 'delivery.directory is undefined; expected a directory, because its delivery is durable.'
                : 'its delivery is durable, but has no directory to keep events in.',
              fix: "TrackingModule.forRoot({ delivery: { directory: '/var/lib/my-app/tracking' }, ... })",
            },
          ]
        : [];
    return [...own, ...durableErrors({ backends: node.children }, { delivery })];
  });
}

function takenError(name: string): ConfigError {
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

function nameError(name: unknown): ConfigError {
  const isDots = typeof name === 'string' && /^\.+$/.test(name);
  const why = isDots ? 'which leads to another folder' : 'not a usable name';
  return { path: 'name', what: `it is ${showIdentifier(name)}, ${why}.`, fix: "name: 'audit', or leave it out" };
}
