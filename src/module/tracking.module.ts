import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OptionalFactoryDependency,
  type Provider,
} from '@nestjs/common';
import { ExternalContextCreator, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { TRACKER_CATALOG } from '../catalog/catalog';
import { instanceModule, namedModule, treeModules, type SettingsSource } from '../routing/node-modules';
import { missingDependencies, optionally, type Dependency } from '../routing/missing-dependencies';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { addTrackerName } from './unknown-tracker-providers';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';
import { planTracker, type DescribedTracker, type TrackerPlan } from '../intake/tracker-plan';
import { coreModule } from './core-module';
import { asyncOptionErrors } from './module-options';
import { moduleTokens, type ModuleTokens } from './module-tokens';
import { makeSettings, ROLE_TOKEN, type Settings } from './settings';
import type { TrackingRole, TrackingRuntimeOptions } from './tracking-options';
import { TrackingShell } from './tracking-shell';
import { registerCopy } from '../tracker/package-copies';

type Imports = NonNullable<ModuleMetadata['imports']>;

/** Name and tree of a tracker. Both must be known when Nest assembles the modules. */
export interface TrackingTreeOptions extends DescribedTracker {
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
    const errors = asyncOptionErrors(options);
    if (errors.length > 0) return trackingModule(isObject(options) ? options : {}, { useValue: {} }, false, errors);
    const { inject = [], useFactory, ...tree } = options;
    return trackingModule(
      tree,
      { inject: inject as readonly Dependency[], useFactory: useFactory as AnyFactory },
      false,
    );
  }
}

registerCopy();

type AnyFactory = (...dependencies: readonly unknown[]) => unknown;

type OptionsSource =
  { readonly useValue: unknown } | { readonly inject: readonly Dependency[]; readonly useFactory: AnyFactory };

/**
 * Creates the three modules of a tracker: its settings; the core, which drains the tree and
 * therefore must not be global; and a global shell around the core.
 */
function trackingModule(
  tree: TrackingTreeOptions,
  source: OptionsSource,
  isOff: boolean,
  errors: readonly ConfigError[] = [],
): DynamicModule {
  const { name = DEFAULT_TRACKER, imports = [] } = tree;
  const tokens = moduleTokens(name);
  addTrackerName(name);
  const planned = planTracker(name, tree);
  const plan = { ...planned, errors: [...errors, ...planned.errors] };
  const settings = settingsModule(name, tokens, plan, source, imports);
  const nodes = isOff ? [] : nodeModules(plan, { module: settings, token: tokens.settings });
  const core = coreModule({ name, tokens, plan, settings, nodes, isOff });
  return shellModule(name, tokens, core);
}

/** Returns the modules of the tree and of the consumers. */
function nodeModules(plan: TrackerPlan, settings: SettingsSource): DynamicModule[] {
  return [...treeModules(plan, settings), ...plan.consumers.map((node) => instanceModule(node, settings))];
}

function settingsModule(
  name: string,
  tokens: ModuleTokens,
  plan: TrackerPlan,
  source: OptionsSource,
  imports: Imports,
): DynamicModule {
  return {
    module: namedModule(tokens.settings),
    imports: 'useFactory' in source ? imports : [],
    providers: [
      'useFactory' in source
        ? factoryProvider(tokens.options, source)
        : { provide: tokens.options, useValue: source.useValue },
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
      { provide: TRACKER_CATALOG, inject: [tokens.settings], useFactory: ({ catalog }: Settings) => catalog },
    ],
    exports: [tokens.settings, TRACKER_CATALOG],
  };
}

/** @throws TrackingConfigException when it is called, if a dependency is missing */
function factoryProvider(
  provide: InjectionToken,
  { inject, useFactory }: Extract<OptionsSource, { useFactory: unknown }>,
): Provider {
  return {
    provide,
    inject: [ModulesContainer, ...optionally(inject)],
    useFactory: (container: ModulesContainer, ...values: unknown[]) => {
      const injected = { dependencies: inject, values, container, holder: provide };
      const missing = missingDependencies('forRootAsync', 'its imports', injected);
      if (missing.length > 0) throw TrackingConfigException.create(missing);
      return useFactory(...values);
    },
  };
}

function withRole(options: unknown, role: TrackingRole | undefined): unknown {
  return role === undefined || !isObject(options) ? options : { ...options, role };
}

/**
 * Creates the global shell module. It has no providers, so that no hook depends on it. Its
 * middleware runs before the middleware of the application's modules.
 */
function shellModule(name: string, tokens: ModuleTokens, core: DynamicModule): DynamicModule {
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
