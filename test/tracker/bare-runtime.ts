import { Notices } from '../../src/common/notices';
import { TrackingConfigException } from '../../src/common/tracking-config.exception';
import { planTracker, type DescribedTracker, type TrackerPlan } from '../../src/intake/tracker-plan';
import type { BackendPlan } from '../../src/routing/tree-plan';
import type { RuntimeOptions } from '../../src/tracker/runtime-options';
import { TrackerRuntime } from '../../src/tracker/tracker-runtime';

/** Warnings and information, in order. */
export class LogLines {
  readonly lines: string[] = [];
  readonly notices = new Notices({
    warn: (line: string) => this.lines.push(line),
    log: (line: string) => this.lines.push(line),
    error: (line: string) => this.lines.push(line),
  });
}

export interface BareRuntime extends LogLines {
  readonly runtime: TrackerRuntime;
  /** Builds the tree; the nodes with these tokens are switched off. */
  readonly start: (...off: string[]) => void;
  /** Returns the only instance of a class in the tree. */
  readonly instance: <Type>(type: new (...options: never[]) => Type) => Type;
  readonly tokens: readonly string[];
}

/** Options of a tracker whose clock stands at 0. */
export function runtimeOptions(notices: Notices, options: Partial<RuntimeOptions> = {}): RuntimeOptions {
  return {
    ...{ name: 'default', enabled: true, clock: () => 0, limits: {}, maxEarlyEvents: 2, shutdownTimeoutMs: 1000 },
    notices,
    ...options,
  };
}

/**
 * Creates the runtime of a tracker without an application; the classes of the tree get their
 * options.
 */
export function bareRuntime(tree: DescribedTracker = {}, options: Partial<RuntimeOptions> = {}): BareRuntime {
  const log = new LogLines();
  const runtime = new TrackerRuntime({}, runtimeOptions(log.notices, options));
  const plan = planTracker('default', tree);
  if (plan.errors.length > 0) throw TrackingConfigException.create(plan.errors);
  const instances = instancesOf(plan);
  return Object.assign(log, {
    runtime,
    tokens: [...instances.keys()],
    start: (...off: string[]) => {
      runtime.start(plan, (token) => instances.get(token), new Set(off));
    },
    instance: <Type>(type: new (...options: never[]) => Type): Type =>
      [...instances.values()].find((instance): instance is Type => instance instanceof type)!,
  });
}

interface Planned {
  readonly token: string;
  readonly type: unknown;
  readonly options: unknown;
}

function instancesOf({ backends, processors, consumers }: TrackerPlan): Map<string, unknown> {
  const withBelow = (node: BackendPlan): Planned[] => [node, ...node.processors, ...node.children.flatMap(withBelow)];
  return new Map(
    [...processors, ...consumers, ...backends.flatMap(withBelow)].map((planned) => [
      planned.token,
      instanceOf(planned),
    ]),
  );
}

function instanceOf({ type, options }: Planned): unknown {
  const isClass = typeof type === 'function' && type.prototype !== undefined;
  return isClass ? new (type as new (given: unknown) => object)(options) : type;
}
