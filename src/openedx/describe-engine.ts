import {
  backend,
  isProcessorClass,
  processor,
  type BackendClass,
  type BackendDescription,
  type ProcessorEntry,
} from '../routing/description';
import { RoutingBackend } from '../routing/routing.backend';
import { TrackingConfigException } from '../common/tracking-config.exception';
import { isClass, isDestinationClass } from '../routing/class-kind';
import { at, show } from './setting-path';
import type { DescribeOpenEdxNode, OpenEdxOptions, OpenEdxEngine, OpenEdxNode } from './settings-engine';

/**
 * Position of a node, which determines its allowed kind; inside an option, both kinds are allowed.
 */
export type Place = 'backend' | 'processor' | 'option';
export type Described = BackendDescription | ProcessorEntry;

/**
 * Describes one node, including the nodes that the settings contain inside it.
 * @param nestedAt path of another ENGINE within `options`, if there is one
 * @throws TrackingConfigException if its kind does not fit its position
 * @throws any error that the application's own engine throws
 */
export function describeEngine(
  engine: OpenEdxEngine,
  options: OpenEdxOptions,
  node: OpenEdxNode,
  place: Place,
  nestedAt: string | undefined,
): Described {
  const described = isAnyClass(engine, node)
    ? describeClass(engine, options, node, place, nestedAt)
    : engine(options, node);
  const kind = kindOf(described);
  if (kind === undefined) {
    const what = `the engine for ${JSON.stringify(node.engine)} returned ${show(described)}; expected a backend or a processor.`;
    refuse(
      at(node.path, 'ENGINE'),
      what,
      `{ ${JSON.stringify(node.engine)}: (options) => backend(MyBackend, { ... }) }`,
    );
  }
  if (place !== 'option' && kind !== place) {
    const what = `${JSON.stringify(node.engine)} is a ${kind}, but is listed with the ${place}s.`;
    refuse(at(node.path, 'ENGINE'), what, `move it to the ${kind}s`);
  }
  return kind === 'backend' ? filled(described as BackendDescription, node) : described;
}

type AnyClass = Exclude<OpenEdxEngine, DescribeOpenEdxNode>;

function isAnyClass(engine: OpenEdxEngine, node: OpenEdxNode): engine is AnyClass {
  if (isBackendClass(engine) || isProcessorClass(engine)) return true;
  if (!isClass(engine)) return false;
  const what = `${show(engine)}, the engine for ${JSON.stringify(node.engine)}, has no send, sendBatch or process method.`;
  return refuse(
    at(node.path, 'ENGINE'),
    what,
    'class MyBackend implements Backend { send(event: TrackingEvent) { ... } }',
  );
}

function describeClass(
  type: AnyClass,
  options: OpenEdxOptions,
  node: OpenEdxNode,
  place: Place,
  nestedAt: string | undefined,
): Described {
  if (nestedAt !== undefined) {
    const what = `Nest builds backends and processors, and would never find the one in an option of ${show(type)}.`;
    refuse(
      nestedAt,
      what,
      `say where it belongs: { ${JSON.stringify(node.engine)}: (options) => backend(MyBackend, { ... }) }`,
    );
  }
  const isProcessor = isProcessorClass(type) && (place === 'processor' || !isBackendClass(type));
  return isProcessor ? processor(type, options) : backend(type as BackendClass, options);
}

/**
 * Adds processors and backends from the settings, so that a filter is not lost because a function
 * does not pass it on.
 */
function filled(described: BackendDescription, settings: OpenEdxNode): BackendDescription {
  const { node, type } = described;
  const { processors = settings.processors, backends = settings.backends } = node;
  if (Object.keys(backends).length > 0 && !isRouting(type)) {
    const what = `${JSON.stringify(settings.engine)} has backends, but ${show(type)} is not a routing backend and passes nothing on.`;
    const fix = 'extend RoutingBackend, or leave the backends out';
    refuse(at(at(settings.path, 'OPTIONS'), 'backends'), what, fix);
  }
  return { ...described, node: { ...node, processors, backends } };
}

function kindOf(described: unknown): 'backend' | 'processor' | undefined {
  if (typeof described === 'function') {
    const isEntry = isProcessorClass(described) || !(isClass(described) || isBackendClass(described));
    return isEntry ? 'processor' : undefined;
  }
  const { kind, type } = (described ?? {}) as { kind?: unknown; type?: unknown };
  return typeof type === 'function' && (kind === 'backend' || kind === 'processor') ? kind : undefined;
}

function isBackendClass(type: unknown): boolean {
  if (isRouting(type)) return true;
  const { send, accept } = ((type as { prototype?: unknown }).prototype ?? {}) as { send?: unknown; accept?: unknown };
  return typeof send === 'function' || typeof accept === 'function' || isDestinationClass(type);
}

function isRouting(type: unknown): boolean {
  return type === RoutingBackend || (typeof type === 'function' && type.prototype instanceof RoutingBackend);
}

function refuse(path: string, what: string, fix: string): never {
  throw TrackingConfigException.create([{ path, what, fix }]);
}
