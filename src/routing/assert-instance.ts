import { showValue, TrackingConfigException } from '../common/tracking-config.exception';
import { isDestination } from '../delivery/destination';
import { isAsyncFunction, isClass } from './class-kind';
import type { Backend, EventProcessor, Processor } from './contracts';
import { ASYNC_SEND } from './plan-tree';
import { ASYNC_PROCESSOR } from './processor-planner';
import { asEnvelopeBackend } from './route-node';
import { RoutingBackend } from './routing.backend';

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
  if (isAsyncFunction(send))
    refuse(place, ASYNC_SEND, 'make send synchronous; or implement Destination, whose sendBatch may wait');
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
