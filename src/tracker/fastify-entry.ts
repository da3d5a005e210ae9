import { enteringAtOnce } from './request-entry';

type Register = (this: unknown, ...args: unknown[]) => unknown;

type OnRoute = (options: Record<string, unknown>) => void;

/** Methods of a Fastify instance that register functions which receive a request. */
export interface FastifyLike {
  addHook(name: string, hook: unknown): unknown;
  addContentTypeParser(...args: unknown[]): unknown;
}

/** Names of the hooks whose first argument is the request. */
const HOOKS: ReadonlySet<string> = new Set([
  ...['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onResponse'],
  ...['onError', 'onTimeout', 'onRequestAbort'],
]);

const prepared = new WeakSet<object>();

/**
 * Makes Fastify hooks, content type parsers and route handlers enter the flow of their request.
 * Fastify calls a hook in the flow in which the hook before it called `done`. That may be the flow
 * of a connection which requests share. This includes hooks of single routes and of encapsulated
 * plugins, and the handlers of routes that Nest does not know. Call this function as early as
 * possible: hooks that are already registered stay unchanged.
 */
export function enterHooks(instance: FastifyLike): void {
  if (prepared.has(instance)) return;
  prepared.add(instance);
  const { addHook, addContentTypeParser } = instance as unknown as Record<keyof FastifyLike, Register>;
  // Instances of encapsulated plugins inherit these methods.
  instance.addHook = function (name, hook) {
    return addHook.call(this, name, HOOKS.has(name) ? enteringHook(hook) : hook);
  };
  instance.addContentTypeParser = function (...args) {
    return addContentTypeParser.apply(this, args.map(enteringHook));
  };
  const onRoute: OnRoute = (options) => {
    for (const name of [...HOOKS, 'handler']) {
      const hook = options[name];
      if (hook !== undefined) options[name] = Array.isArray(hook) ? hook.map(enteringHook) : enteringHook(hook);
    }
  };
  addHook.call(instance, 'onRoute', onRoute);
}

function enteringHook(hook: unknown): unknown {
  const wrapper = enteringAtOnce(hook);
  // Fastify refuses async hooks that also take `done`.
  if (wrapper !== hook) Object.setPrototypeOf(wrapper, Object.getPrototypeOf(hook) as object);
  return wrapper;
}
