import { enteringAtOnce } from './request-entry';

type Register = (this: unknown, ...args: unknown[]) => unknown;

type OnRoute = (options: Record<string, unknown>) => void;

/** The parts of a Fastify instance that take functions which it calls with a request. */
export interface FastifyLike {
  addHook(name: string, hook: unknown): unknown;
  addContentTypeParser(...args: unknown[]): unknown;
}

/** Each gets the request first. */
const HOOKS: ReadonlySet<string> = new Set([
  ...['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onResponse'],
  ...['onError', 'onTimeout', 'onRequestAbort'],
]);

const prepared = new WeakSet<object>();

/**
 * Fastify calls a hook in the flow in which the hook before it has called `done`, which may be that
 * of a connection which requests share. So hooks, also those of single routes and of encapsulated
 * plugins, content type parsers and handlers of routes that Nest does not know enter the flow of
 * their request. To be called as early as possible: hooks that are there already stay as they are.
 */
export function enterHooks(instance: FastifyLike): void {
  if (prepared.has(instance)) return;
  prepared.add(instance);
  const { addHook, addContentTypeParser } = instance as unknown as Record<keyof FastifyLike, Register>;
  // Instances of encapsulated plugins inherit these.
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
  // Fastify refuses async hooks that take `done` as well.
  if (wrapper !== hook) Object.setPrototypeOf(wrapper, Object.getPrototypeOf(hook) as object);
  return wrapper;
}
