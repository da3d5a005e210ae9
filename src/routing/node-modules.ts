/**
 * Creates a dynamic module for each described node. Nest then builds the node with constructor
 * injection, runs its hooks, and replaces it by `overrideProvider`. `@InjectOptions()` gives each
 * node only its own options.
 */
import { Module, type DynamicModule, type InjectionToken, type Provider, Scope } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { describeError } from '../event/normal-form';
import { isOptionsFactory, isProcessorClass } from './description';
import { missingDependencies, optionally, type Dependency } from './missing-dependencies';
import { NODE_OPTIONS } from './tokens';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { QueuedBackend } from './queued-backend';
import { explainUndefined } from './undefined-option';
import type { BackendPlan, Imports, ProcessorPlan, TreePlan } from './tree-plan';

/** State that the nodes of one tracker in one application share while they are built. */
export interface NodeSettings {
  readonly enabled: boolean;
  /** Errors of all nodes, collected so that they are reported together. */
  readonly errors: ConfigError[];
  /** Tokens of the nodes that are switched off. */
  readonly off: Set<string>;
}

/** Class that Nest builds. */
export interface BuiltClass {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- accepts any constructor
  new (...args: any[]): object;
  /** Creates an instance that does nothing, injected instead of a backend that is switched off. */
  readonly idle?: () => object;
}

interface NodePlan {
  readonly place: string;
  readonly token: string;
  readonly options: unknown;
}

/** Module whose export provides the `NodeSettings` of a tracker to the modules of its nodes. */
export interface SettingsSource {
  readonly module: DynamicModule;
  readonly token: InjectionToken;
}

/** Returns the modules of a tree. */
export function treeModules({ processors, backends }: TreePlan, settings: SettingsSource): DynamicModule[] {
  return [
    ...processors.map((node) => processorModule(node, settings)),
    ...backends.map((node) => backendModule(node, settings)),
  ];
}

function backendModule(node: BackendPlan, settings: SettingsSource): DynamicModule {
  const below = [
    ...node.processors.map((each) => processorModule(each, settings)),
    ...node.children.map((each) => backendModule(each, settings)),
  ];
  return instanceModule(node, settings, below);
}

function processorModule(node: ProcessorPlan, settings: SettingsSource): DynamicModule {
  const { token, type } = node;
  if (isProcessorClass(type)) return instanceModule({ ...node, type }, settings);
  const providers = [optionsProvider(node, settings.token), { provide: token, useValue: type }];
  return nodeModule(token, [settings.module, ...node.imports], providers, []);
}

/**
 * Returns the module of a node that Nest builds.
 * @param below modules that the module imports and exports, so that their nodes are found too
 */
export function instanceModule(
  node: NodePlan & { readonly type: BuiltClass; readonly imports: Imports },
  settings: SettingsSource,
  below: DynamicModule[] = [],
): DynamicModule {
  const providers = [optionsProvider(node, settings.token), instanceProvider(node, node.type, settings.token)];
  return nodeModule(node.token, [settings.module, ...node.imports, ...below], providers, below);
}

function nodeModule(token: string, imports: Imports, providers: Provider[], below: DynamicModule[]): DynamicModule {
  return { module: namedModule(token), imports, providers, exports: [token, ...below] };
}

/**
 * Creates a separate class for each module: Nest identifies modules by class, and its errors name
 * the class.
 */
export function namedModule(name: string): new () => object {
  @Module({})
  class NodeModule {}
  Object.defineProperty(NodeModule, 'name', { value: name });
  return NodeModule;
}

function optionsProvider(node: NodePlan, settingsToken: InjectionToken): Provider {
  const { options } = node;
  if (!isOptionsFactory(options)) return { provide: NODE_OPTIONS, useValue: options };
  const dependencies = (options.inject ?? []) as readonly Dependency[];
  return {
    provide: NODE_OPTIONS,
    inject: [settingsToken, ModulesContainer, ...optionally(dependencies)],
    useFactory: async (settings: NodeSettings, container: ModulesContainer, ...values: unknown[]) => {
      if (!settings.enabled) return false;
      const injected = { dependencies, values, container, holder: node.token };
      const missing = missingDependencies(node.place, "this node's imports", injected);
      settings.errors.push(...missing);
      if (missing.length > 0) return false;
      try {
        return await options.useFactory(...values);
      } catch (error) {
        settings.errors.push({
          path: node.place,
          what: `its options could not be made: ${describeError(error)}`,
          fix: 'see the cause; a factory may return false to switch the node off',
          cause: error,
        });
        return false;
      }
    },
  };
}

function instanceProvider(node: NodePlan, type: BuiltClass, settingsToken: InjectionToken): Provider {
  return {
    provide: node.token,
    inject: [ModuleRef, settingsToken, NODE_OPTIONS],
    useFactory: (moduleRef: ModuleRef, settings: NodeSettings, options: unknown) => {
      const isOff = !settings.enabled || (isOptionsFactory(node.options) && options === false);
      if (!isOff) return build(node, type, moduleRef, settings);
      settings.off.add(node.token);
      return type.idle?.();
    },
  };
}

/**
 * Builds the node with the injector of its own module. Nest runs the hooks of an instance that a
 * provider's factory returns.
 */
async function build(
  node: NodePlan,
  type: BuiltClass,
  moduleRef: ModuleRef,
  settings: NodeSettings,
): Promise<object | undefined> {
  const untyped = constructorFault(node, type);
  if (untyped !== undefined) {
    settings.errors.push(untyped);
    return undefined;
  }
  const scoped = requestScopedDependencies(type, moduleRef);
  if (scoped.length > 0) {
    settings.errors.push({
      path: node.place,
      what: `it injects ${scoped.join(', ')}, which lives no longer than a request, while a node of the tree lives as long as the application.`,
      fix: "read what belongs to the request from the event's context instead",
    });
    return undefined;
  }
  try {
    const instance = await moduleRef.create<object>(type);
    if (instance instanceof QueuedBackend) await instance.queue.open?.();
    return instance;
  } catch (error) {
    settings.errors.push(...errorsOf(node, error));
    return undefined;
  }
}

function errorsOf({ place, options }: NodePlan, error: unknown): ConfigError[] {
  if (error instanceof TrackingConfigException) {
    return error.errors.map((each) => explainUndefined({ ...each, path: place }, options));
  }
  return [
    {
      path: place,
      what: `it could not be built: ${nestText(error)}`,
      fix: "if Nest cannot resolve a dependency, add the module that exports it to this node's imports; else see the cause",
      cause: error,
    },
  ];
}

/**
 * Returns the first line of Nest's error about a missing dependency; the suggestions after it are
 * too long here.
 */
function nestText(error: unknown): string {
  const [first = ''] = error instanceof Error ? error.message.split('\n') : [];
  const isOfNest = first.startsWith("Nest can't resolve dependencies of") && first.length < MAX_NEST_TEXT;
  return isOfNest ? first : describeError(error);
}

const MAX_NEST_TEXT = 1000;

/** Detects a constructor to which Nest would pass nothing, so that the first event would fail. */
function constructorFault({ place }: NodePlan, type: BuiltClass): ConfigError | undefined {
  const { length } = type as { readonly length: number };
  const declared = Reflect.getMetadata(SELF_PARAMS, type) as readonly unknown[] | undefined;
  if (length <= (declared?.length ?? 0) || Reflect.getMetadata('design:paramtypes', type) !== undefined)
    return undefined;
  const count = length === 1 ? '1 parameter' : `${String(length)} parameters`;
  const isInjectable = Reflect.getMetadata(INJECTABLE, type) === true;
  return {
    path: place,
    what: `its constructor takes ${count}, but the class does not say what to inject, so Nest would pass undefined.`,
    fix: isInjectable
      ? 'set emitDecoratorMetadata in the compiler (decoratorMetadata for swc), or put @Inject(Token) before each parameter'
      : `put @Injectable() above the class, and @InjectOptions() before a parameter that takes its options`,
  };
}

/** Metadata keys of Nest's decorators; Nest does not export its constants publicly. */
const SELF_PARAMS = 'self:paramtypes';
const INJECTABLE = '__injectable__';

function requestScopedDependencies(type: BuiltClass, moduleRef: ModuleRef): string[] {
  const injected = [
    ...((Reflect.getMetadata('design:paramtypes', type) as unknown[] | undefined) ?? []),
    ...((Reflect.getMetadata(SELF_PARAMS, type) as { param: unknown }[] | undefined) ?? []).map(({ param }) => param),
  ];
  return injected.flatMap((token) => {
    try {
      const { scope } = moduleRef.introspect(token as InjectionToken as string);
      return scope === Scope.REQUEST ? [typeof token === 'function' ? token.name : String(token)] : [];
    } catch {
      // A provider of another module, or none: Nest reports a missing one when it builds the class.
      return [];
    }
  });
}
