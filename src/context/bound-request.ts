import type { EventEmitter } from 'node:events';
import { inRequest, isCurrent, type RequestStore } from './request-store';

/**
 * Node emits the events of a request and of its response in the flow of whatever made it do so: the
 * parser of the connection, the reply before it on a pipelined connection, the socket that was
 * closed. Their listeners (a body parser, an access log on 'finish') belong to the request, so both
 * emit in its flow.
 */
export function bindRequest(request: unknown, response: unknown, store: RequestStore): void {
  if (isEmitter(request)) bindEmit(request, store, undefined);
  if (isEmitter(response)) bindEmit(response, store, 'close');
}

/** @param last the event after which the request is over */
function bindEmit(emitter: EventEmitter, store: RequestStore, last: string | undefined): void {
  const emit = Reflect.get(emitter, 'emit') as (...args: unknown[]) => boolean;
  emitter.emit = function (event, ...args: unknown[]) {
    try {
      // Most events are heard by nobody, and entering a flow costs more than all else here.
      if (this.listenerCount(event) === 0 || isCurrent(store)) return emit.call(this, event, ...args);
      return inRequest(store, () => emit.call(this, event, ...args));
    } finally {
      if (event === last) store.end();
    }
  };
}

function isEmitter(value: unknown): value is EventEmitter {
  const { emit, listenerCount } = (value ?? {}) as Partial<EventEmitter>;
  return typeof emit === 'function' && typeof listenerCount === 'function';
}
