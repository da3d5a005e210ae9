import type { ModulesContainer } from '@nestjs/core';
import { types } from 'node:util';
import { isObservable } from 'rxjs';
import { boundStream } from '../context/bound-stream';
import { currentFlow } from '../context/flow';
import { inRequest, type RequestStore } from '../context/request-store';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const bound = new WeakSet<object>();

/**
 * Makes each ClientProxy among the providers deliver in the flow of the subscriber.
 * A ClientProxy connects for the first request that needs it, and would then deliver every answer
 * in the flow of that request. Call this function when the providers exist.
 */
export function bindClients(container: ModulesContainer): void {
  for (const { providers } of container.values()) {
    for (const wrapper of providers.values()) {
      const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
      if (isClient(instance) && !bound.has(instance)) bindClient(instance);
    }
  }
}

/**
 * Binds a stream to the flow in which it is subscribed to. Returns any other value unchanged.
 * @param request the request that the stream belongs to, if known: the stream enters the flow of
 * this request when it is subscribed to in the flow of another
 */
export function boundIfStream(value: unknown, request?: RequestStore): unknown {
  if (!isObservable(value)) return value;
  return boundStream(value, request === undefined ? currentFlow : () => inRequest(request, currentFlow));
}

interface Client {
  send: Method;
}

/** Recognizes a ClientProxy by its members, because the package of that class is optional. */
function isClient(value: unknown): value is Client {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  const { send, connect, routingMap } = value as { send?: unknown; connect?: unknown; routingMap?: unknown };
  return typeof send === 'function' && typeof connect === 'function' && types.isMap(routingMap);
}

function bindClient(client: Client): void {
  bound.add(client);
  const { send } = client;
  client.send = function (...args) {
    return boundIfStream(send.apply(this, args));
  };
}
