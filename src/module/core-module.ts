/**
 * Creates the module that holds a tracker and its tree. It drains the tree at shutdown, and must
 * therefore not be global.
 */
import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type Provider,
  type Type,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { TrackingCatalog } from '../catalog/tracking-catalog';
import { TrackingViolations } from '../catalog/tracking-violations';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import { TrackingLedger } from '../ledger/tracking-ledger';
import { DEFAULT_TRACKER } from '../routing/tokens';
import type { TrackerPlan } from '../intake/tracker-plan';
import type { BackendPlan } from '../routing/tree-plan';
import { runtimeOf } from '../tracker/runtime-of';
import { TrackerService } from '../tracker/tracker.service';
import type { ModuleTokens } from './module-tokens';
import type { Settings } from './settings';
import { TrackingCore } from './tracking-core';
import { unknownBackendProviders } from './unknown-backend-providers';
import { readLate, unknownTrackerProviders } from './unknown-tracker-providers';

export interface CoreParts {
  readonly name: string;
  readonly tokens: ModuleTokens;
  readonly plan: TrackerPlan;
  readonly settings: DynamicModule;
  /** Modules of the nodes of the tree; none if tracking is disabled. */
  readonly nodes: readonly DynamicModule[];
  readonly isOff: boolean;
}

export function coreModule({ name, tokens, plan, settings, nodes, isOff }: CoreParts): DynamicModule {
  const shared = [
    ...(isOff ? idleProviders(plan.backends) : []),
    ...(name === DEFAULT_TRACKER ? readers(tokens.tracker) : []),
  ];
  // Read when Nest scans the modules: by then every file with an @InjectBackend or @InjectTracker
  // is loaded, and every tracker is known.
  const unknown = () => [...unknownBackendProviders(name, plan.backends), ...unknownTrackerProviders()];
  return {
    module: coreClass(name, tokens, plan),
    imports: [settings, ...nodes],
    providers: readLate(() => [
      ...[trackerProvider(name, tokens), checkProvider(tokens, plan, isOff ? [] : tokensOfNodes(plan))],
      ...[...shared, ...unknown()],
    ]),
    exports: readLate(() => [
      ...[tokens.tracker, settings, ...nodes],
      ...[...shared, ...unknown()].map(({ provide }) => provide),
    ]),
  };
}

/** Returns a separate class for each tracker, since Nest knows a module by its class. */
function coreClass(name: string, tokens: ModuleTokens, plan: TrackerPlan): Type<TrackingCore> {
  class Core extends TrackingCore {
    protected override readonly plan = plan;
  }
  Object.defineProperty(Core, 'name', { value: `TrackingCore(${name})` });
  Inject(tokens.tracker)(Core, undefined, 0);
  Inject(tokens.settings)(Core, undefined, 1);
  Inject(ModuleRef)(Core, undefined, 2);
  Inject(ModulesContainer)(Core, undefined, 3);
  Module({})(Core);
  return Core;
}

function trackerProvider(name: string, tokens: ModuleTokens): Provider {
  return {
    provide: tokens.tracker,
    inject: [tokens.settings],
    useFactory: ({ options, enabled, catalog, notices }: Settings) => {
      // Calls Date.now each time: a test may replace it after the start.
      const { clock = () => Date.now(), limits = {}, ids } = options;
      const { maxEarlyEvents = 10_000, shutdownTimeoutMs = 8000 } = options;
      const { delivery, transactions, ignoresOutbox, validation, documentation } = options;
      return new TrackerService({
        ...{ name, enabled, clock, limits, maxEarlyEvents, shutdownTimeoutMs, delivery, transactions, notices, ids },
        ...{ catalog, validation, documentation, ignoresOutbox },
      });
    },
  };
}

/**
 * Returns the provider that reports all errors of the configuration together. It depends on every
 * node, so that it collects the errors of all. The tracker does not, or the dependencies of a
 * backend could not emit.
 */
function checkProvider(tokens: ModuleTokens, plan: TrackerPlan, nodes: readonly string[]): Provider {
  return {
    provide: tokens.check,
    inject: [tokens.settings, tokens.tracker, ...nodes],
    useFactory: async ({ errors, off, options }: Settings, service: TrackerService, ...built: unknown[]) => {
      if (errors.length > 0) throw TrackingConfigException.create(inOrderOfPlace(errors));
      if (options.startsWhenBuilt === true) {
        const runtime = runtimeOf(service);
        await runtime.prepare(plan);
        runtime.start(plan, (token) => built[nodes.indexOf(token)], off);
      }
      return true;
    },
  };
}

/** Provides the parts of the default tracker that can be injected by their class. */
function readers(tracker: InjectionToken<TrackerService>): FactoryProvider[] {
  const parts = [
    [TrackingLedger, ({ ledger }: TrackerService) => ledger],
    [TrackingDeadLetters, ({ deadLetters }: TrackerService) => deadLetters],
    [TrackingViolations, ({ violations }: TrackerService) => violations],
    [TrackingCatalog, ({ catalog }: TrackerService) => catalog],
  ] as const;
  return parts.map(([provide, useFactory]) => ({ provide, inject: [tracker], useFactory }));
}

function tokensOfNodes({ processors, backends, consumers }: TrackerPlan): string[] {
  const below = (node: BackendPlan): string[] => [
    node.token,
    ...node.processors.map(({ token }) => token),
    ...node.children.flatMap(below),
  ];
  return [...processors, ...consumers].map(({ token }) => token).concat(backends.flatMap(below));
}

/**
 * Sorts errors by path. Nodes are built concurrently, so each start would otherwise list the same
 * errors in a different order.
 */
function inOrderOfPlace(errors: readonly ConfigError[]): ConfigError[] {
  return [...errors].sort((a, b) => Number(a.path > b.path) - Number(a.path < b.path));
}

/**
 * Provides the backends of a disabled tracker. With `enabled: false` the tree is not imported, but
 * code that injects a backend must still get a value.
 */
function idleProviders(backends: readonly BackendPlan[]): { provide: string; useFactory: () => object | undefined }[] {
  return backends.flatMap((node) => [
    { provide: node.token, useFactory: () => (node.type as { idle?: () => object }).idle?.() },
    ...idleProviders(node.children),
  ]);
}
