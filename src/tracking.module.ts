import {
  Inject,
  Logger,
  Module,
  Optional,
  type DynamicModule,
  type InjectionToken,
  type LoggerService,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type OptionalFactoryDependency,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Clock } from './event/clock';
import type { PartialLimits } from './event/normal-form';
import { Notices } from './event/notices';
import { linkPlatformRequest, RequestContext } from './context/request-context';
import type { RequestContextOptions } from './context/request-fields';
import { faultsOfRequestContext } from './context/request-options';
import { TrackingLedger } from './delivery/tracking-ledger';
import { namedModule, treeModules, type NodeSettings } from './routing/node-modules';
import { DEFAULT_TRACKER } from './routing/tokens';
import { showValue, TrackingConfigException, type ConfigFault } from './routing/tracking-config.exception';
import { planTree, type BackendPlan, type DescribedTree, type TreePlan } from './routing/tree-plan';
import { giveTrackers } from './tracker/give-trackers';
import { getTrackerToken } from './tracker/tokens';
import type { TrackerRuntime } from './tracker/tracker-runtime';
import { TrackerService } from './tracker/tracker.service';

type Imports = NonNullable<ModuleMetadata['imports']>;

/** What can be known as late as at start, for `forRootAsync`. */
export interface TrackingRuntimeOptions {
  /** false: nothing is built, `emit` does nothing, everything still injects.  @default true */
  readonly enabled?: boolean | undefined;
  /** The scope that each HTTP request gets, or false for none.  @default {} */
  readonly requestContext?: RequestContextOptions | false | undefined;
  /** Tells the time of events.  @default Date.now */
  readonly clock?: Clock | undefined;
  /** How much of one event's values is written.  @default { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000 } */
  readonly limits?: PartialLimits | undefined;
  /** Events emitted before the application has started are kept up to this number, then dropped as 'not-ready'.  @default 10_000 */
  readonly maxEarlyEvents?: number | undefined;
  /** How long closing the application waits for what is held to be written.  @default 10_000 */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Where this module's own warnings go.  @default Nest's logger, context `Tracking` */
  readonly logger?: LoggerService | undefined;
}

/** The tree, which has to be known when modules are put together, and the tracker's name. */
export interface TrackingTreeOptions extends DescribedTree {
  /** The name of the tracker; each `forRoot` of an application needs another.  @default 'default' */
  readonly name?: string | undefined;
}

export interface TrackingModuleOptions extends TrackingTreeOptions, TrackingRuntimeOptions {}

export interface TrackingModuleAsyncOptions<
  Dependencies extends readonly unknown[] = readonly unknown[],
> extends TrackingTreeOptions {
  readonly inject?:
    { readonly [At in keyof Dependencies]: InjectionToken<Dependencies[At]> | OptionalFactoryDependency } | undefined;
  readonly useFactory: (...dependencies: Dependencies) => TrackingRuntimeOptions | Promise<TrackingRuntimeOptions>;
}

/** The options of one tracker in one application, with what its parts share while they are built. */
interface Settings extends NodeSettings {
  readonly options: TrackingRuntimeOptions;
  readonly notices: Notices;
}

/**
 * Registers a tracker with its processors and backends as providers. Import it once in the root module; TrackerService, the
 * backends and TrackingLedger then inject anywhere.
 */
@Module({})
export class TrackingModule {
  static forRoot(options: TrackingModuleOptions = {}): DynamicModule {
    const { name, processors, backends, imports, ...runtime } = options;
    return trackingModule({ name, processors, backends, imports }, { useValue: runtime }, options.enabled === false);
  }

  /**
   * As `forRoot`, with options made at start from injected providers. The tree stays static; a tree known only at run time is
   * `imports: [loadTree().then((tree) => TrackingModule.forRoot(tree))]`.
   */
  static forRootAsync<const Dependencies extends readonly unknown[]>(
    options: TrackingModuleAsyncOptions<Dependencies>,
  ): DynamicModule {
    const { inject = [], useFactory, ...tree } = options;
    const factory = {
      inject: [...inject] as (InjectionToken | OptionalFactoryDependency)[],
      useFactory: useFactory as unknown as (...args: unknown[]) => unknown,
    };
    return trackingModule(tree, factory, false);
  }
}

type OptionsSource =
  | { readonly useValue: TrackingRuntimeOptions }
  | {
      readonly inject: (InjectionToken | OptionalFactoryDependency)[];
      readonly useFactory: (...dependencies: unknown[]) => unknown;
    };

/** Three modules for one tracker: its settings; the core, which drains the tree and so must not be global; a global shell around it. */
function trackingModule(tree: TrackingTreeOptions, source: OptionsSource, isOff: boolean): DynamicModule {
  const { name = DEFAULT_TRACKER, imports = [] } = tree;
  const tokens = tokensOf(name);
  const plan = planTree(name, tree);
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
        inject: [tokens.options, ModulesContainer],
        useFactory: (options: TrackingRuntimeOptions, container: ModulesContainer): Settings =>
          makeSettings(name, plan, options, container),
      },
    ],
    exports: [tokens.settings],
  };
}

/** The names of the trackers of each application: two of one name would take each other's place in silence. */
const namesTaken = new WeakMap<ModulesContainer, Set<string>>();

function makeSettings(
  name: string,
  plan: TreePlan,
  options: TrackingRuntimeOptions,
  container: ModulesContainer,
): Settings {
  const { enabled = true, logger = new Logger() } = options;
  const taken = namesTaken.get(container) ?? new Set();
  const faults: ConfigFault[] = [...plan.faults, ...optionFaults(options)];
  if (taken.has(name)) {
    const what = `a tracker of the name ${showValue(name)} stands in this application already.`;
    faults.push({
      path: 'name',
      what,
      mend: "TrackingModule.forRoot({ name: 'another', ... }), injected by @InjectTracker('another')",
    });
  }
  namesTaken.set(container, taken.add(name));
  return { options, enabled, faults, off: new Set(), notices: new Notices(logger) };
}

function optionFaults(options: TrackingRuntimeOptions): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const refuse = (path: string, value: unknown, wanted: string, mend: string): void => {
    faults.push({ path, what: `it is ${showValue(value)}, not ${wanted}.`, mend });
  };
  const { enabled, clock, requestContext, limits = {} } = options;
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    refuse('enabled', enabled, 'true or false', "enabled: config.get('TRACKING_ENABLED') !== 'false'");
  }
  if (clock !== undefined && typeof clock !== 'function')
    refuse('clock', clock, 'a function', 'clock: () => Date.now()');
  for (const { path, value, wanted, mend } of faultsOfRequestContext(requestContext)) refuse(path, value, wanted, mend);
  const { maxEarlyEvents, shutdownTimeoutMs } = options;
  for (const [path, value] of Object.entries({ maxEarlyEvents, shutdownTimeoutMs })) {
    if (value !== undefined && !(value >= 0))
      refuse(path, value, 'a number from 0 up', 'leave it out, or give a number');
  }
  for (const [limit, value] of Object.entries(limits)) {
    if (value !== undefined && !(value > 0))
      refuse(`limits.${limit}`, value, 'a number above 0', 'leave it out, or give a number');
  }
  return faults;
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
    useFactory: ({ options, enabled, notices }: Settings) => {
      const { clock = Date.now, limits = {}, maxEarlyEvents = 10_000, shutdownTimeoutMs = 10_000 } = options;
      return new TrackerService({ name, enabled, clock, limits, maxEarlyEvents, shutdownTimeoutMs, notices });
    },
  };
  // Depends on every node, so that it sees the faults of all; the tracker does not, or what a backend injects could not emit.
  const check: Provider = {
    provide: tokens.check,
    inject: [tokens.settings, ...(isOff ? [] : allTokens(plan))],
    useFactory: ({ faults }: Settings) => {
      if (faults.length > 0) throw TrackingConfigException.create(inOrderOfPlace(faults));
      return true;
    },
  };
  const idle = isOff ? idleProviders(plan.backends) : [];
  const ledger: Provider[] =
    name === DEFAULT_TRACKER
      ? [{ provide: TrackingLedger, inject: [tokens.tracker], useFactory: (service: TrackerService) => service.ledger }]
      : [];
  class Core extends TrackingCore {
    protected override readonly plan = plan;
  }
  Object.defineProperty(Core, 'name', { value: `TrackingCore(${name})` });
  Inject(tokens.tracker)(Core, undefined, 0);
  Inject(tokens.settings)(Core, undefined, 1);
  Inject(ModuleRef)(Core, undefined, 2);
  Inject(ModulesContainer)(Core, undefined, 3);
  Module({})(Core);
  return {
    module: Core,
    imports: [settings, ...nodes],
    providers: [tracker, check, ...idle, ...ledger],
    exports: [
      tokens.tracker,
      settings,
      ...nodes,
      ...idle.map(({ provide }) => provide),
      ...(ledger.length > 0 ? [TrackingLedger] : []),
    ],
  };
}

function allTokens({ processors, backends }: TreePlan): string[] {
  const below = (node: BackendPlan): string[] => [
    node.token,
    ...node.processors.map(({ token }) => token),
    ...node.children.flatMap(below),
  ];
  return [...processors.map(({ token }) => token), ...backends.flatMap(below)];
}

/** Nodes are built side by side: without this, each start would list the same faults in another order. */
function inOrderOfPlace(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...faults].sort((a, b) => Number(a.path > b.path) - Number(a.path < b.path));
}

/** With `enabled: false` nothing of the tree is imported, and yet whoever injects a backend must get something. */
function idleProviders(backends: readonly BackendPlan[]): { provide: string; useFactory: () => object | undefined }[] {
  return backends.flatMap((node) => [
    { provide: node.token, useFactory: () => (node.type as { idle?: () => object }).idle?.() },
    ...idleProviders(node.children),
  ]);
}

const SIGNAL_CHECK_MS = 1000;

/** Starts and closes a tracker. Not global: the hooks of global modules run last, when the backends are gone already. */
abstract class TrackingCore implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  protected abstract readonly plan: TreePlan;
  private readonly runtime: TrackerRuntime;
  private signalCheck: NodeJS.Timeout | undefined;

  constructor(
    private readonly tracker: TrackerService,
    private readonly settings: Settings,
    private readonly moduleRef: ModuleRef,
    private readonly container: ModulesContainer,
  ) {
    this.runtime = TrackerService.runtimeOf(tracker);
  }

  onModuleInit(): void {
    giveTrackers(this.container, this.tracker);
    this.runtime.start(this.plan, (token) => this.moduleRef.get<unknown>(token, { strict: false }), this.settings.off);
    if (!this.runtime.isOff) process.once('exit', this.onExit);
  }

  onApplicationBootstrap(): void {
    if (!this.runtime.holdsEvents) return;
    // Not at once: an application context can ask for its hooks only after it has started, and a script is over by then.
    this.signalCheck = setTimeout(() => {
      if (process.listenerCount('SIGTERM') > 0) return;
      this.settings.notices.warn(
        'nothing listens for SIGTERM, so the last lines of the log are lost when the process is stopped by it. ' +
          'Mend: app.enableShutdownHooks() before app.listen(), or sync: true for the LoggerBackend.',
      );
    }, SIGNAL_CHECK_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.signalCheck);
    process.removeListener('exit', this.onExit);
    await this.runtime.close();
  }

  private readonly onExit = (): void => {
    this.runtime.flushSync();
  };
}

/** Global, and without providers, so that no hook hangs on it. Its middleware runs before that of the application's modules. */
function shellModule(name: string, tokens: Tokens, core: DynamicModule): DynamicModule {
  class Shell extends TrackingShell {}
  Object.defineProperty(Shell, 'name', {
    value: name === DEFAULT_TRACKER ? 'TrackingModule' : `TrackingModule(${name})`,
  });
  Inject(tokens.tracker)(Shell, undefined, 0);
  Inject(tokens.settings)(Shell, undefined, 1);
  Inject(HttpAdapterHost)(Shell, undefined, 2);
  Optional()(Shell, undefined, 2);
  Module({})(Shell);
  return { module: Shell, global: true, imports: [core], exports: [core] };
}

type Routes = Parameters<ReturnType<MiddlewareConsumer['apply']>['forRoutes']>;

abstract class TrackingShell implements NestModule {
  constructor(
    private readonly tracker: TrackerService,
    private readonly settings: Settings,
    private readonly adapterHost: HttpAdapterHost | undefined,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    const { requestContext = {} } = this.settings.options;
    const runtime = TrackerService.runtimeOf(this.tracker);
    if (requestContext === false || runtime.isOff) return;
    this.linkFastifyRequests();
    const { middleware } = new RequestContext(requestContext, runtime.scopes, runtime.normalizer, (field, error) => {
      runtime.fail(`requestContext.fields.${field}`, error, 'The event goes without this field.');
    });
    const { forRoutes = ['{*path}'], exclude = [] } = requestContext;
    consumer
      .apply(middleware)
      .exclude(...(exclude as Parameters<ReturnType<MiddlewareConsumer['apply']>['exclude']>))
      .forRoutes(...(forRoutes as Routes));
  }

  /** Middleware on Fastify gets the raw request, while guards put the user on Fastify's own. */
  private linkFastifyRequests(): void {
    const adapter = this.adapterHost?.httpAdapter as { getType?(): string; getInstance(): unknown } | undefined;
    if (adapter?.getType?.() !== 'fastify') return;
    const fastify = adapter.getInstance() as {
      addHook(name: 'onRequest', hook: (request: { raw: object }, reply: unknown, done: () => void) => void): unknown;
    };
    fastify.addHook('onRequest', (request, _reply, done) => {
      linkPlatformRequest(request.raw, request);
      done();
    });
  }
}
