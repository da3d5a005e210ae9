import { showValue } from '../common/tracking-config.exception';
import { classNameOf } from '../routing/class-kind';
import { nodePlace } from '../routing/node-name';
import { PlanErrors } from '../routing/plan-errors';
import { planTree } from '../routing/plan-tree';
import { getConsumerToken } from '../routing/tokens';
import type { DescribedTree, Imports, TreePlan } from '../routing/tree-plan';
import type { ConsumerClass, ConsumerDescription, ConsumerSettings } from './event-consumer';

export interface ConsumerPlan {
  /** Place in the configuration: `consumers.bus (RedisStreamsConsumer)`. */
  readonly place: string;
  readonly name: string;
  readonly token: string;
  readonly type: ConsumerClass;
  readonly options: unknown;
  readonly settings: ConsumerSettings;
  readonly imports: Imports;
}

/** Tree and consumers of one tracker, as given to `forRoot`. */
export interface DescribedTracker extends DescribedTree {
  /** Consumers, which bring events in, by name.  @default {} */
  readonly consumers?: Readonly<Record<string, ConsumerDescription>> | undefined;
}

/** Plan of one tracker: its tree, its consumers, and the errors of both. */
export interface TrackerPlan extends TreePlan {
  readonly consumers: readonly ConsumerPlan[];
}

export function planTracker(tracker: string, described: DescribedTracker): TrackerPlan {
  const tree = planTree(tracker, described);
  const errors = new PlanErrors();
  const consumers = planConsumers(tracker, described.consumers, errors);
  return { ...tree, consumers, errors: [...tree.errors, ...errors.all] };
}

function planConsumers(tracker: string, consumers: unknown, errors: PlanErrors): ConsumerPlan[] {
  const fix = 'consumers: { bus: consumer(RedisStreamsConsumer, { ... }) }';
  return errors
    .readNodes('consumers', 'consumers', consumers, fix)
    .flatMap(([name, description]) => planConsumer(tracker, name, description, errors) ?? []);
}

function planConsumer(
  tracker: string,
  name: string,
  description: unknown,
  errors: PlanErrors,
): ConsumerPlan | undefined {
  const at = nodePlace('consumers', name);
  if (!isConsumerDescription(description)) {
    errors.add(at, `it is ${showValue(description)}, not a consumer.`, 'name: consumer(SomeConsumer, { ... })');
    return undefined;
  }
  const { type, options, settings } = description;
  const place = `${at} (${classNameOf(type)})`;
  errors.checkName(place, name);
  if (typeof (type as { prototype?: { begin?: unknown } }).prototype?.begin !== 'function') {
    const fix = 'class MyConsumer implements EventConsumer { begin(host) { ... } }';
    errors.add(place, 'its class has no begin method.', fix);
    return undefined;
  }
  errors.checkKeys(place, 'settings object', settings, ['imports', 'dedupeWindowMs', 'handlerAttempts']);
  const { dedupeWindowMs = 0, handlerAttempts = 1 } = settings;
  errors.checkLeast(place, { dedupeWindowMs }, 0);
  errors.checkLeast(place, { handlerAttempts }, 1);
  const imports = errors.readImports(`${at}.imports`, settings.imports);
  return { place, name, token: getConsumerToken(name, tracker), type, options, settings, imports };
}

function isConsumerDescription(value: unknown): value is ConsumerDescription {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'consumer';
}
