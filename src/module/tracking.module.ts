import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type ModuleMetadata,
  type OptionalFactoryDependency,
  type Provider,
} from '@nestjs/common';
import { ExternalContextCreator, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { TrackingCatalog } from '../catalog/tracking-catalog';
import { TrackingViolations } from '../catalog/tracking-violations';
import { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import { TrackingLedger } from '../ledger/tracking-ledger';
import { namedModule, treeModules } from '../routing/node-modules';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { unknownBackendProviders, type UnknownBackendProvider } from './unknown-backend-providers';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { planTree, type BackendPlan, type DescribedTree, type TreePlan } from '../routing/tree-plan';
import { faultsOfAsyncOptions, isObject } from './module-options';
import { makeSettings, ROLE_TOKEN, type Settings, type TrackingRole, type TrackingRuntimeOptions } from './settings';
import { getTrackerToken } from '../tracker/tokens';
import { TrackerService } from '../tracker/tracker.service';
import { TrackingCore } from './tracking-core';
import { TrackingShell } from './tracking-shell';
import { registerCopy } from '../tracker/package-copies';

type Imports = NonNullable<ModuleMetadata['imports']>;

/** Name and tree of a tracker. Both must be known when Nest assembles the modules. */
export interface TrackingTreeOptions extends DescribedTree {
  /**
   * Name of the tracker; each `forRoot` of an application needs a different one.
   * @default 'default'
   */
  readonly name?: string | undefined;
}

export interface TrackingModuleOptions extends TrackingTreeOptions, TrackingRuntimeOptions {}

/** Options that `useFactory` may return: all except the tree, which must be known earlier. */
export type TrackingFactoryResult = TrackingRuntimeOptions & { readonly [Option in keyof TrackingTreeOptions]?: never };

export interface TrackingModuleAsyncOptions<
  Dependencies extends readonly unknown[] = readonly unknown[],
> extends TrackingTreeOptions {
  readonly inject?:
    { readonly [At in keyof Dependencies]: InjectionToken<Dependencies[At]> | OptionalFactoryDependency } | undefined;
  /**
   * Creates the options at start. Options of the tree go next to `useFactory`: in its result they
   * would be ignored.
   */
  readonly useFactory: (...dependencies: Dependencies) => TrackingFactoryResult | Promise<TrackingFactoryResult>;
}

/**
 * Registers a tracker with its processors and backends as providers. Import it once in the root
 * module. TrackerService, the backends and TrackingLedger can then be injected anywhere.
 */
@Module({})
export class TrackingModule {
  static forRoot(options: TrackingModuleOptions = {}): DynamicModule {
    const given: unknown = options;
    if (!isObject(given)) return trackingModule({}, { useValue: given }, false);
    const { name, processors, backends, consumers, imports, ...runtime } = options;
    return trackingModule(
      { name, processors, backends, consumers, imports },
      { useValue: runtime },
      options.enabled === false,
    );
  }

  /**
   * Registers a tracker with options that are created at start from injected providers.
   * The tree is static. For a tree known only at run time use `imports: [loadTree().then((tree) =>
   * TrackingModule.forRoot(tree))]`.
   */
  static forRootAsync<const Dependencies extends readonly unknown[]>(
    options: TrackingModuleAsyncOptions<Dependencies>,
  ): DynamicModule {
    const faults = faultsOfAsyncOptions(options);
    if (faults.length > 0) return trackingModule(isObject(options) ? options : {}, { useValue: {} }, false, faults);
    const { inject = [], useFactory, ...tree } = options;
    const factory = {
      inject: [...inject] as (InjectionToken | OptionalFactoryDependency)[],
      useFactory: useFactory as unknown as (...args: unknown[]) => unknown,
    };
    return trackingModule(tree, factory, false);
  }
}

registerCopy();

type OptionsSource =
  | { readonly useValue: unknown }
  | {
      readonly inject: (InjectionToken | OptionalFactoryDependency)[];
      readonly useFactory: (...dependencies: unknown[]) => unknown;
    };

/**
 * Creates the three modules of a tracker: its settings; the core, which drains the tree and
 * therefore must not be global; and a global shell around the core.
 */
function trackingModule(
  tree: TrackingTreeOptions,
  source: OptionsSource,
  isOff: boolean,
  faults: readonly ConfigError[] = [],
): DynamicModule {
  const { name = DEFAULT_TRACKER, imports = [] } = tree;
  const tokens = tokensOf(name);
  const planned = planTree(name, tree);
  const plan = { ...planned, faults: [...faults, ...planned.faults] };
  const settings = settingsModule(name, tokens, plan, source, imports);
  const nodes = isOff ? [] : treeModules(plan, settings, tokens.settings);
  const core = coreModule(name, tokens, plan, settings, nodes, isOff);
  return shellModule(name, tokens, core);
}

interface Tokens {
  readonly options: string;
  readonly settings: string;
  readonly tracker: InjectionToken<TrackerService>;
  readonly check: string;
}

function tokensOf(name: string): Tokens {
  const token = (part: string): string => `Tracking${part}(${name})`;
  return {
    options: token('Options'),
    settings: token('Settings'),
    tracker: getTrackerToken(name),
    check: token('Check'),
  };
}

function settingsModule(
  name: string,
  tokens: Tokens,
  plan: TreePlan,
  source: OptionsSource,
  imports: Imports,
): DynamicModule {
  return {
    module: namedModule(tokens.settings),
    imports: 'useFactory' in source ? imports : [],
    providers: [
      { provide: tokens.options, ...source } as Provider,
      {
        provide: tokens.settings,
        inject: [tokens.options, ModulesContainer, { token: ROLE_TOKEN, optional: true }],
        useFactory: (options: unknown, container: ModulesContainer, role?: TrackingRole): Settings =>
          makeSettings(
            name,
            plan,
            withRole(options, role),
            container,
            'useFactory' in source ? 'useFactory' : 'forRoot',
          ),
      },
    ],
    exports: [tokens.settings],
  };
}

function withRole(options: unknown, role: TrackingRole | undefined): unknown {
  return role === undefined || !isObject(options) ? options : { ...options, role };
}

function coreModule(
  name: string,
  tokens: Tokens,
  plan: TreePlan,
  settings: DynamicModule,
  nodes: DynamicModule[],
  isOff: boolean,
): DynamicModule {
  const tracker: Provider = {
    provide: tokens.tracker,
    inject: [tokens.settings],
    useFactory: ({ options, enabled, catalog, notices }: Settings) => {
      // Calls Date.now each time: a test may replace it after the start.
      const { clock = () => Date.now(), limits = {}, ids } = options;
      const { maxEarlyEvents = 10_000, shutdownTimeoutMs = 8000, delivery, validation, documentation } = options;
      return new TrackerService({
        ...{ name, enabled, clock, limits, maxEarlyEvents, shutdownTimeoutMs, delivery, notices, ids },
        ...{ catalog, validation, documentation },
      });
    },
  };
  const nodeTokens = isOff ? [] : allTokens(plan);
  // Depends on every node, so that it collects the errors of all. The tracker does not, or the
  // dependencies of a backend could not emit.
  const check: Provider = {
    provide: tokens.check,
    inject: [tokens.settings, tokens.tracker, ...nodeTokens],
    useFactory: async ({ faults, off, options }: Settings, service: TrackerService, ...built: unknown[]) => {
      if (faults.length > 0) throw TrackingConfigException.create(inOrderOfPlace(faults));
      if (options.startsWhenBuilt === true) {
        const runtime = TrackerService.runtimeOf(service);
        await runtime.prepare(plan);
        runtime.start(plan, (token) => built[nodeTokens.indexOf(token)], off);
      }
      return true;
    },
  };
  const idle = isOff ? idleProviders(plan.backends) : [];
  const ledger = name === DEFAULT_TRACKER ? readers(tokens.tracker) : [];
  class Core extends TrackingCore {
    protected override readonly plan = plan;
  }
  Object.defineProperty(Core, 'name', { value: `TrackingCore(${name})` });
  Inject(tokens.tracker)(Core, undefined, 0);
  Inject(tokens.settings)(Core, undefined, 1);
  Inject(ModuleRef)(Core, undefined, 2);
  Inject(ModulesContainer)(Core, undefined, 3);
  Module({})(Core);
  // Read when Nest scans the modules: by then every file with an @InjectBackend is loaded.
  const unknown = (): UnknownBackendProvider[] => unknownBackendProviders(name, plan.backends);
  return {
    module: Core,
    imports: [settings, ...nodes],
    get providers() {
      return [tracker, check, ...idle, ...ledger, ...unknown()];
    },
    get exports() {
      return [tokens.tracker, settings, ...nodes, ...[...idle, ...unknown(), ...ledger].map(({ provide }) => provide)];
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

function allTokens({ processors, backends, consumers }: TreePlan): string[] {
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
function inOrderOfPlace(faults: readonly ConfigError[]): ConfigError[] {
  return [...faults].sort((a, b) => Number(a.path > b.path) - Number(a.path < b.path));
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

/**
 * Creates the global shell module. It has no providers, so that no hook depends on it. Its
 * middleware runs before the middleware of the application's modules.
 */
function shellModule(name: string, tokens: Tokens, core: DynamicModule): DynamicModule {
  class Shell extends TrackingShell {}
  Object.defineProperty(Shell, 'name', {
    value: name === DEFAULT_TRACKER ? 'TrackingModule' : `TrackingModule(${name})`,
  });
  Inject(tokens.tracker)(Shell, undefined, 0);
  Inject(tokens.settings)(Shell, undefined, 1);
  Inject(HttpAdapterHost)(Shell, undefined, 2);
  Optional()(Shell, undefined, 2);
  Inject(ModulesContainer)(Shell, undefined, 3);
  Inject(ExternalContextCreator)(Shell, undefined, 4);
  Module({})(Shell);
  return { module: Shell, global: true, imports: [core], exports: [core] };
}
