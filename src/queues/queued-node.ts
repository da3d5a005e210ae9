import { TrackingConfigException } from '../common/tracking-config.exception';
import { WorkLedger } from '../ledger/work-ledger';
import type { AsyncProcessor, EventProcessor, Processor } from '../routing/contracts';
import { isAsyncProcessorClass } from '../routing/description';
import { isNameFilter, processorStep, type ProcessorStep, type StepHost } from '../routing/processor-step';
import type { QueuedNodeHost, QueuedNodeParts } from '../routing/queued-backend';
import type { BuiltProcessor } from '../routing/tree-plan';
import { AsyncStep } from './async-step';
import type { CarrierHost, EventCarrier } from './event-carrier';
import { EventWork } from './event-work';

/** Backend whose node is created. */
export interface NodeWithCarrier {
  readonly queue: EventCarrier;
  readonly processIn: 'worker' | 'emitter' | 'both';
  keepsName(name: string): boolean;
}

/** Creates the steps before the queue of a node, and the work behind it. */
export function createQueuedNode(backend: NodeWithCarrier, host: QueuedNodeHost): QueuedNodeParts {
  const steps = stepsBefore(backend, host);
  const work = workBehind(backend, host);
  backend.queue.attach(hostOf(work, host));
  return {
    steps,
    work,
    attach: (children) => {
      work.attach(children);
    },
  };
}

/** Steps that run before the queue: an unwanted event must not take up capacity in it. */
function stepsBefore(backend: NodeWithCarrier, host: QueuedNodeHost): ProcessorStep[] {
  const { ledger, place, processors } = host;
  const condition = { keepsName: (name: string) => backend.keepsName(name), process: (event: object) => event };
  const wanted = processorStep(condition as EventProcessor, 'drop', stepHost(host, place, ledger));
  const last = backend.queue.sendsText === true ? [holdText(place)] : [];
  if (backend.processIn === 'worker') {
    const end = processors.findIndex(({ instance }) => !isNameFilter(instance));
    const filters = end < 0 ? processors : processors.slice(0, end);
    return [wanted, ...filters.map((each) => synchronousStep(each, host, ledger)), ...last];
  }
  for (const { type, place: at } of processors) if (isAsyncProcessorClass(type)) refuseAsyncInEmitter(at);
  return [wanted, ...processors.map((each) => synchronousStep(each, host, ledger)), ...last];
}

/** Takes what a carrier that sends text needs, before the delivery takes more. */
function holdText(place: string): ProcessorStep {
  return { place, run: (envelope) => envelope.holdText() };
}

function workBehind({ processIn }: NodeWithCarrier, host: QueuedNodeHost): EventWork {
  const { path, scopes, normalizer, keepLetter } = host;
  const ledger = new WorkLedger();
  const processors = processIn === 'emitter' ? [] : host.processors;
  return new EventWork({
    ...{ ledger, scopes, normalizer },
    steps: processors.map((each) =>
      isAsyncProcessorClass(each.type)
        ? new AsyncStep(each.instance as AsyncProcessor, each.settings, stepHost(host, each.place, ledger))
        : synchronousStep(each, host, ledger),
    ),
    keepLetter: (event, reason, origin) => {
      keepLetter(path, event, reason, origin);
    },
  });
}

function hostOf(work: EventWork, host: QueuedNodeHost): CarrierHost {
  const { place, path, tracker, notices, keepLetter } = host;
  return {
    ...{ place, path, tracker, work, keepLetter },
    warn: (text) => {
      notices.warn(`${place}: ${text}`);
    },
    tell: (text) => {
      notices.tell(`${place}: ${text}`);
    },
    warnOnce: (key, text) => {
      notices.once(`${key} ${place}`, () => `${place}: ${text}`);
    },
  };
}

function synchronousStep(
  { place, instance, settings }: BuiltProcessor,
  host: QueuedNodeHost,
  ledger: StepHost['ledger'],
): ProcessorStep {
  return processorStep(instance as Processor | EventProcessor, settings.onError, stepHost(host, place, ledger));
}

function stepHost({ notices, processing }: QueuedNodeHost, place: string, ledger: StepHost['ledger']): StepHost {
  return { place, ledger, notices, processing };
}

function refuseAsyncInEmitter(path: string): never {
  const what =
    "it is an AsyncProcessor, which waits, while processIn is 'emitter': there the processors run inside of emit, " +
    'which waits for nothing.';
  throw TrackingConfigException.create([{ path, what, fix: "processIn: 'worker'" }]);
}
