import type { ModulesContainer } from '@nestjs/core';
import { types } from 'node:util';
import { isObservable } from 'rxjs';
import { boundStream } from '../context/bound-stream';
import { currentRequestStore } from '../context/request-store';
import { currentFlow } from '../context/flow';
import { copyProperty, imitate } from './imitate';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Under which Nest keeps that a method handles HTTP requests; messages of a microservice, of a
 * gateway.
 */
const ROUTE = 'path';
const MESSAGES = ['microservices:pattern', 'message'];
const GATEWAY = 'websockets:is_gateway';

const bound = new WeakSet<object>();

/**
 * An Observable that a handler gives back may be fed by a connection or a Subject that requests
 * share. Then interceptors, and operators in the handler's own pipe, would run in the flow of
 * whoever feeds it. So it is subscribed as before, but delivers in the flow of its subscriber,
 * which is the request's. To be called before Nest looks at the handlers.
 */
export function bindHandlers(container: ModulesContainer): void {
  for (const { controllers, providers } of container.values()) {
    for (const { metatype } of controllers.values()) bindMethods(metatype);
    for (const { metatype } of providers.values()) if (isGateway(metatype)) bindMethods(metatype);
  }
}

/**
 * A ClientProxy connects for the first request that needs it, and then delivers every answer in
 * that request's flow. So each client among the providers delivers in the flow of whoever
 * subscribed. To be called when the providers have been made.
 */
export function bindClients(container: ModulesContainer): void {
  for (const { providers } of container.values()) {
    for (const wrapper of providers.values()) {
      const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
      if (isClient(instance) && !bound.has(instance)) bindClient(instance);
    }
  }
}

interface Client {
  send: Method;
}

/** By what it has: the package that has the class is an optional one. */
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

function isGateway(metatype: unknown): boolean {
  return typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY, metatype);
}

function bindMethods(metatype: unknown): void {
  let at: unknown = (metatype as { prototype?: unknown } | null | undefined)?.prototype;
  for (; typeof at === 'object' && at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    // A class has the metadata of a route as well: the path of all its handlers.
    for (const key of Reflect.ownKeys(at)) if (key !== 'constructor') bindMethod(at, key);
  }
}

function bindMethod(prototype: object, key: string | symbol): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
  const method: unknown = descriptor?.value;
  if (typeof method !== 'function' || descriptor?.configurable !== true || bound.has(method)) return;
  const isOfMessages = MESSAGES.some((name) => Reflect.hasMetadata(name, method));
  if (!isOfMessages && !Reflect.hasMetadata(ROUTE, method)) return;
  const wrapper = delivering(method as Method, isOfMessages);
  imitate(method, wrapper);
  copyProperty(method, wrapper, 'name');
  bound.add(wrapper);
  Object.defineProperty(prototype, key, { ...descriptor, value: wrapper });
}

/**
 * @param isOfMessages whether it has a flow of its own also outside of a request; else a unit test
 * calls the method
 */
function delivering(method: Method, isOfMessages: boolean): Method {
  return function (...args) {
    const result = method.apply(this, args);
    if (typeof result !== 'object' || result === null) return result;
    if (!isOfMessages && currentRequestStore() === undefined) return result;
    return types.isPromise(result) ? result.then(boundIfStream) : boundIfStream(result);
  };
}

function boundIfStream(value: unknown): unknown {
  return isObservable(value) ? boundStream(value, currentFlow) : value;
}
