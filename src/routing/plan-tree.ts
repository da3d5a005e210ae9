import { compareCodePoints } from './code-points';
import { showValue } from '../common/tracking-config.exception';
import type { DeliveryOptions } from '../delivery/delivery-options';
import { classNameOf, isAsyncFunction, isDestinationClass, isQueuedClass, isRoutingClass } from './class-kind';
import { deliveryErrors, diskOptions } from '../delivery/check-delivery-options';
import { isDescription, type BackendClass, type BackendDescription } from './description';
import { nodePlace, notABackendFix } from './node-name';
import { PlanErrors } from './plan-errors';
import { ProcessorPlanner } from './processor-planner';
import { getBackendToken } from './tokens';
import type { BackendPlan, DescribedTree, ProcessorPlan, TreePlan } from './tree-plan';

export const ASYNC_SEND = 'its send is async: emit waits for nothing, so what fails in it would be lost unseen.';

/**
 * Reads the described tree into a plan, before anything is built. An error in the tree must be
 * found before the first node is built, and all errors must be reported together. Whatever cannot
 * be planned becomes an error with its place in the configuration.
 */
export function planTree(tracker: string, tree: DescribedTree): TreePlan {
  const planner = new TreePlanner(tracker);
  const processors = planner.processors(tree.processors, tree.imports);
  const backends = planner.backends(tree.backends);
  return { processors, backends, errors: planner.errors.all };
}

/** Node above the backends that are planned. */
interface Parent {
  /** Place of the node in the configuration with a trailing dot; empty for the tracker. */
  readonly prefix: string;
  readonly path: string;
  /** Descriptions of this node and all nodes above it. */
  readonly descriptions: readonly object[];
}

const TRACKER: Parent = { prefix: '', path: '', descriptions: [] };

class TreePlanner {
  readonly errors = new PlanErrors();
  private readonly processorPlanner: ProcessorPlanner;

  constructor(private readonly tracker: string) {
    this.processorPlanner = new ProcessorPlanner(tracker, this.errors);
  }

  /** Plans the processors of the tracker itself. */
  processors(entries: unknown, modules: unknown): ProcessorPlan[] {
    const imports = this.errors.readImports('imports', modules);
    return this.processorPlanner.plan({ prefix: '', path: '', imports, hasQueue: false }, entries);
  }

  backends(backends: unknown, parent = TRACKER): BackendPlan[] {
    const at = `${parent.prefix}backends`;
    return this.errors
      .readNodes(at, 'backends', backends, '{ tracking_logs: backend(LoggerBackend) }')
      .sort(([a], [b]) => compareCodePoints(a, b))
      .flatMap(([name, description]) => this.backend(at, name, parent, description) ?? []);
  }

  private backend(list: string, name: string, parent: Parent, description: unknown): BackendPlan | undefined {
    const at = nodePlace(list, name);
    if (!isDescription(description, 'backend')) {
      this.errors.add(at, `it is ${showValue(description)}, not a backend.`, notABackendFix(name, description));
      return undefined;
    }
    const place = `${at} (${classNameOf(description.type)})`;
    this.errors.checkName(place, name);
    if (parent.descriptions.includes(description)) {
      const fix = 'describe the inner node with a separate backend()';
      this.errors.add(place, 'it contains itself, so the tree has no end.', fix);
      return undefined;
    }
    if (!this.isBackendClass(place, description.type)) return undefined;
    return this.node(at, place, name, parent, description);
  }

  private node(at: string, place: string, name: string, parent: Parent, description: BackendDescription): BackendPlan {
    const { type, options, node } = description;
    this.errors.checkKeys(place, 'third argument', node, ['processors', 'backends', 'delivery', 'imports']);
    const delivery = this.delivery(place, type, node.delivery);
    const path = parent.path === '' ? name : `${parent.path}/${name}`;
    const prefix = `${at}.`;
    const imports = this.errors.readImports(`${at}.imports`, node.imports);
    const descriptions = [...parent.descriptions, description];
    const children = this.backends(node.backends, { prefix, path, descriptions });
    if (children.length > 0 && !isRoutingClass(type)) {
      const fix = 'backend(RoutingBackend, {}, { backends: { ... } })';
      this.errors.add(
        place,
        'it has backends below it, but it is not a routing backend: they would never receive an event.',
        fix,
      );
    }
    const owner = { prefix, path, imports, hasQueue: isQueuedClass(type) };
    const processors = this.processorPlanner.plan(owner, node.processors);
    const token = getBackendToken(path, this.tracker);
    return { place, name, path, token, type, options, imports, delivery, processors, children };
  }

  private delivery(place: string, type: BackendClass, delivery: unknown): DeliveryOptions | undefined {
    if (delivery === undefined) return undefined;
    if (!isDestinationClass(type)) {
      this.errors.add(
        place,
        'it has delivery options, but no sendBatch method, so nothing is queued for it.',
        'leave delivery out, or give the class sendBatch(events, signal)',
      );
      return undefined;
    }
    const errors = deliveryErrors(`${place} delivery`, delivery);
    this.errors.all.push(...errors);
    return errors.length > 0 ? diskOptions(delivery) : (delivery as DeliveryOptions);
  }

  private isBackendClass(place: string, type: unknown): type is BackendClass {
    if (typeof type !== 'function') {
      const fix = 'backend(SomeBackend, { ... }) with the class itself first';
      this.errors.add(place, `its class is ${showValue(type)}.`, fix);
      return false;
    }
    if (isRoutingClass(type)) return true;
    const { send, accept } = (type.prototype ?? {}) as { send?: unknown; accept?: unknown };
    if (typeof accept === 'function' || isDestinationClass(type)) return true;
    if (typeof send !== 'function') {
      const what = 'the class has neither a send nor a sendBatch method, so no event could reach it.';
      this.errors.add(place, what, BACKEND_FIX);
      return false;
    }
    if (isAsyncFunction(send)) this.errors.add(place, ASYNC_SEND, ASYNC_SEND_FIX);
    return true;
  }
}

const BACKEND_FIX =
  'class MyBackend implements Backend { send(event: TrackingEvent) { ... } }; or, if it has to wait, ' +
  'class MyDestination implements Destination { async sendBatch(events, signal) { ... } }';

const ASYNC_SEND_FIX = 'async sendBatch(events, signal) { ... } instead of send: the events are then queued for it';
