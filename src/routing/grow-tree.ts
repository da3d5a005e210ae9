import type { Deliveries } from '../delivery/deliveries';
import type { DeliveryOptions } from '../delivery/delivery-options';
import { isDestination } from '../delivery/destination';
import { NodeLedger } from '../ledger/node-ledger';
import type { Notices } from '../common/notices';
import type { TrackerScopes } from '../context/tracker-scopes';
import { WorkLedger } from '../ledger/work-ledger';
import type { Normalizer } from '../event/normalizer';
import { AsyncStep } from './async-step';
import type { AsyncProcessor, Backend, EnvelopeBackend, EventProcessor, NameFilter, Processor } from './contracts';
import { isAsyncProcessorClass } from './description';
import { EventWork } from './event-work';
import { QueuedRouting } from './queued-routing';
import { DestinationSink } from './destination-sink';
import type { NodeSettings } from './node-modules';
import { isNameFilter, processorStep, type ProcessorStep, type StepSurroundings } from './processor-step';
import type { Processing } from './processing';
import { asEnvelopeBackend, RouteNode } from './route-node';
import { RoutingBackend } from './routing.backend';
import { showValue, TrackingConfigException } from '../common/tracking-config.exception';
import {
  ASYNC_PROCESSOR,
  ASYNC_SEND,
  isAsyncFunction,
  isClass,
  type BackendPlan,
  type ProcessorPlan,
  type TreePlan,
} from './tree-plan';

export interface TreeSurroundings {
  readonly notices: Notices;
  readonly processing: Processing;
  readonly deliveries: Deliveries;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  /** Name of the tracker. */
  readonly name: string;
}

/**
 * Creates the root of a tracker: a routing node without a name. It exists from the first moment;
 * its tree is built at start.
 */
export function rootNode(surroundings: TreeSurroundings): RouteNode {
  return new RouteNode('', new RoutingBackend(), [], [], {
    ...surroundings,
    place: 'the root',
    ledger: new NodeLedger(''),
  });
}

/**
 * Joins the instances that Nest has built into a running tree.
 * @param find returns the instance for a token
 * @returns nodes replaced by backends that were registered before the start
 */
export function growTree(
  root: RouteNode,
  plan: TreePlan,
  find: (token: string) => unknown,
  off: NodeSettings['off'],
  surroundings: TreeSurroundings,
): RouteNode[] {
  const live = (processors: readonly ProcessorPlan[]): readonly ProcessorPlan[] =>
    processors.filter(({ token }) => !off.has(token));
  const step = ({ token, place, settings }: ProcessorPlan, ledger: StepSurroundings['ledger']): ProcessorStep =>
    processorStep(find(token) as Processor | EventProcessor, settings.onError, { ...surroundings, place, ledger });
  const steps = (processors: readonly ProcessorPlan[], ledger: NodeLedger): ProcessorStep[] =>
    live(processors).map((plan) => step(plan, ledger));
  const grow = (node: BackendPlan): RouteNode => {
    const { name, path, place, token } = node;
    const ledger = new NodeLedger(path);
    const backend = find(token);
    assertBackend(place, backend);
    const children = node.children.filter((child) => !off.has(child.token)).map(grow);
    const sink = sinkOf(backend, { path, place, delivery: node.delivery }, surroundings.deliveries);
    if (backend instanceof QueuedRouting) {
      const ahead = stepsAhead(backend, node, ledger);
      const work = workOf(backend, node);
      const queued = { backend, work };
      const grown = new RouteNode(name, backend, ahead, children, {
        ...surroundings,
        ...{ place, ledger, sink, queued },
      });
      work.attach(grown);
      return grown;
    }
    const grown = new RouteNode(name, backend, steps(node.processors, ledger), children, {
      ...surroundings,
      ...{ place, ledger, sink },
    });
    if (node.children.length > 0) grown.reasonWithoutChildren = 'switched-off';
    return grown;
  };
  /** Steps that run before the queue: an unwanted event must not take up capacity in it. */
  const stepsAhead = (backend: QueuedRouting, node: BackendPlan, ledger: NodeLedger): ProcessorStep[] => {
    const when = processorStep(byName(backend), 'drop', { ...surroundings, place: node.place, ledger });
    if (backend.processIn !== 'worker') {
      for (const { type, place } of node.processors)
        if (isAsyncProcessorClass(type)) refuse(place, ASYNC_IN_EMITTER, "processIn: 'worker'");
      return [when, ...steps(node.processors, ledger)];
    }
    const plans = live(node.processors);
    const end = plans.findIndex(({ token }) => !isNameFilter(find(token)));
    return [when, ...plans.slice(0, end < 0 ? plans.length : end).map((plan) => step(plan, ledger))];
  };
  const workOf = (backend: QueuedRouting, { path, place, processors }: BackendPlan): EventWork => {
    const { deliveries, scopes, normalizer, notices, name: tracker } = surroundings;
    const ledger = new WorkLedger();
    const behind = backend.processIn === 'emitter' ? [] : live(processors);
    const work = new EventWork({
      ...{ ledger, scopes, normalizer },
      steps: behind.map((plan) =>
        isAsyncProcessorClass(plan.type)
          ? new AsyncStep(find(plan.token) as AsyncProcessor, plan.settings, {
              ...surroundings,
              place: plan.place,
              ledger,
            })
          : step(plan, ledger),
      ),
      keepLetter: (event, reason, origin) => {
        deliveries.keepLetter(path, event, reason, origin);
      },
    });
    backend.queue.attach({
      ...{ place, tracker, path, work },
      warn: (text) => {
        notices.warn(`${place}: ${text}`);
      },
      tell: (text) => {
        notices.tell(`${place}: ${text}`);
      },
      warnOnce: (key, text) => {
        notices.once(`${key} ${place}`, () => `${place}: ${text}`);
      },
      keepLetter: (of, event, reason, origin) => {
        deliveries.keepLetter(of, event, reason, origin);
      },
    });
    return work;
  };
  root.steps.unshift(...steps(plan.processors, root.ledger));
  // Backends registered before the start still come after the tree, or replace a node of the same
  // name in its place.
  const registered = root.children.splice(0);
  if (plan.backends.length > 0) root.reasonWithoutChildren = 'switched-off';
  for (const node of plan.backends) if (!off.has(node.token)) root.place(grow(node));
  return registered.flatMap((node) => root.place(node) ?? []);
}

/** Returns the delivery of a destination; undefined for other backends. */
export function sinkOf(
  backend: object,
  {
    path,
    place,
    delivery,
  }: { readonly path: string; readonly place: string; readonly delivery?: DeliveryOptions | undefined },
  deliveries: Deliveries,
): EnvelopeBackend | undefined {
  if (!isDestination(backend) || asEnvelopeBackend(backend) !== undefined) return undefined;
  const ofInstance = backend instanceof QueuedRouting ? backend.queue.delivery : undefined;
  const settings = deliveries.settingsFor(backend.constructor, delivery, ofInstance);
  // Applies only to backends registered at run time: the directories of the tree are open by then.
  if (settings.durable && (settings.directory === undefined || !deliveries.hasDirectory(settings))) {
    refuse(
      place,
      'its delivery is durable, but has no directory that was open when it was registered.',
      "TrackingModule.forRoot({ delivery: { directory: '/var/lib/my-app/tracking', durable: true } }), and register it once the application has started",
    );
  }
  return new DestinationSink(deliveries.open(path, place, backend, settings));
}

/**
 * Validates backends that the plan has not seen: registered at run time, or put in by
 * `overrideProvider`.
 */
export function assertBackend(place: string, backend: unknown): asserts backend is Backend {
  const isObject = typeof backend === 'object' && backend !== null;
  if (
    isObject &&
    (backend instanceof RoutingBackend || asEnvelopeBackend(backend) !== undefined || isDestination(backend))
  )
    return;
  const send: unknown = isObject ? (backend as Partial<Backend>).send : undefined;
  if (typeof send !== 'function') {
    refuse(
      place,
      `${showValue(backend)} has neither send nor sendBatch, so no event could reach it.`,
      'give an instance with send(event) or sendBatch(events, signal), not a class',
    );
  }
  if (isAsyncFunction(send)) refuse(place, ASYNC_SEND, 'make send synchronous, with a sender of its own behind it');
}

export function assertProcessor(place: string, processor: unknown): asserts processor is Processor | EventProcessor {
  const isObject = typeof processor === 'object' && processor !== null;
  const process: unknown = isObject ? (processor as Partial<EventProcessor>).process : processor;
  if (typeof process !== 'function' || isClass(process)) {
    refuse(
      place,
      `${showValue(processor)} is neither a function nor an object with a process method.`,
      'give (event) => { ... }, or an instance with process(event): new MyProcessor()',
    );
  }
  if (isAsyncFunction(process)) refuse(place, ASYNC_PROCESSOR, 'make it synchronous');
}

function refuse(path: string, what: string, fix: string): never {
  throw TrackingConfigException.create([{ path, what, fix }]);
}

const ASYNC_IN_EMITTER =
  "it is an AsyncProcessor, which waits, while processIn is 'emitter': there the processors run inside of emit, which waits for nothing.";

/** Returns the condition of a queue as a processor that decides by the name. */
function byName(backend: QueuedRouting): NameFilter {
  return { keepsName: (name) => backend.keepsName(name), process: (event) => event };
}
