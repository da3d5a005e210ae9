import type { ExternalContextCreator } from '@nestjs/core';
import { types } from 'node:util';
import { isObservable } from 'rxjs';
import { outsideStreams } from '../context/bound-stream';
import { inRequest, type RequestStore } from '../context/request-store';
import { boundIfStream } from './bound-results';
import { ofRequest } from './request-entry';

interface Next {
  handle(): unknown;
}

interface Interceptor {
  intercept(context: unknown, next: Next): unknown;
}

type Handler = () => unknown;

interface InterceptorsConsumer {
  intercept: (
    this: InterceptorsConsumer,
    interceptors: readonly Interceptor[] | undefined,
    args: readonly unknown[],
    instance: unknown,
    callback: unknown,
    next: Handler,
    type?: string,
  ) => unknown;
}

interface GuardsConsumer {
  pickResult: (this: GuardsConsumer, result: unknown) => Promise<unknown>;
}

const prepared = new WeakSet<object>();

/**
 * Binds the Observables that interceptors, handlers and guards return to their own request.
 * A connection or a Subject that requests share may feed such an Observable. Each is subscribed to
 * as before, but runs in the flow of its request or message. A handler that is called inside an
 * Observable (`switchMap(() => next.handle())`) does so too.
 *
 * Nest calls all of them through two classes, for HTTP, messages, gateways and GraphQL alike. One
 * provider holds an instance of each class, which gives access to their prototypes. Call this
 * function before the first request; it acts once per class.
 * @returns false if this version of Nest does not have these classes
 */
export function bindEnhancers(creator: ExternalContextCreator): boolean {
  const { interceptorsConsumer, guardsConsumer } = creator as unknown as Record<string, unknown>;
  const [intercepting, guarding] = [prototypeOf(interceptorsConsumer), prototypeOf(guardsConsumer)];
  if (!has<InterceptorsConsumer>(intercepting, 'intercept') || !has<GuardsConsumer>(guarding, 'pickResult'))
    return false;
  if (prepared.has(intercepting)) return true;
  prepared.add(intercepting);
  bindInterceptors(intercepting);
  bindGuards(guarding);
  return true;
}

function prototypeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
}

function has<Consumer>(value: unknown, method: keyof Consumer): value is Consumer & object {
  return typeof (value as Partial<Consumer> | null | undefined)?.[method] === 'function';
}

function bindInterceptors(consumer: InterceptorsConsumer): void {
  const { intercept } = consumer;
  consumer.intercept = function (interceptors, args, instance, callback, next, type) {
    // Only HTTP requests need a store: for everything else the flow of each subscription is right.
    const request = type === 'http' ? ofRequest(args[0]) : undefined;
    const all = interceptors?.map((interceptor) => boundInterceptor(interceptor, request));
    return intercept.call(this, all, args, instance, callback, boundHandler(next, request), type);
  };
}

function boundInterceptor(interceptor: Interceptor, request: RequestStore | undefined): Interceptor {
  return {
    intercept: (context, next) => {
      const ownNext: Next = { handle: () => inOwn(request, () => next.handle()) };
      return boundResult(
        outsideStreams(() => interceptor.intercept(context, ownNext)),
        request,
      );
    },
  };
}

function boundHandler(next: Handler, request: RequestStore | undefined): Handler {
  return () =>
    boundResult(
      inOwn(request, () => outsideStreams(next)),
      request,
    );
}

function boundResult(result: unknown, request: RequestStore | undefined): unknown {
  return types.isPromise(result)
    ? result.then((value) => boundIfStream(value, request))
    : boundIfStream(result, request);
}

function inOwn<Result>(request: RequestStore | undefined, code: () => Result): Result {
  return request === undefined ? code() : inRequest(request, code);
}

function bindGuards(consumer: GuardsConsumer): void {
  const { pickResult } = consumer;
  consumer.pickResult = async function (result) {
    const value = await result;
    return isObservable(value) ? pickResult.call(this, boundIfStream(value)) : value;
  };
}
