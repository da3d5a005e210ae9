import { types } from 'node:util';

const MAX_NAME_LENGTH = 200;

/**
 * Returns true for live objects, such as streams and connections. Their fields say nothing about
 * the event and reference large parts of the process.
 */
export function isOpaque(value: object): boolean {
  const { pipe, on, subscribe, then, unref } = value as Record<'pipe' | 'on' | 'subscribe' | 'then' | 'unref', unknown>;
  return (
    types.isPromise(value) ||
    // A query that was not awaited: its fields lead to the connection, and to the password in its
    // URL.
    typeof then === 'function' ||
    typeof subscribe === 'function' ||
    (typeof pipe === 'function' && typeof on === 'function') ||
    // a timer references all other timers of the process and their arguments
    typeof unref === 'function' ||
    isAroundHttp(value) ||
    // Built-in objects of the language and of the web have no fields: `{}` would hide that
    // something was left out.
    (tagOf(value) !== undefined && Object.keys(value).length === 0)
  );
}

/**
 * Returns true for a request or reply of Fastify. Its own fields include the query, the body and
 * the cookies.
 */
function isAroundHttp(value: object): boolean {
  // own fields only: a mere guess must not call a getter of a class
  if (!Object.hasOwn(value, 'raw')) return false;
  const { raw } = value as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null && ('httpVersion' in raw || 'writeHead' in raw);
}

/** The name of a function or class; `anonymous` if it has none. */
export function nameOf(value: { readonly name?: unknown }): string {
  return typeof value.name === 'string' && value.name !== '' ? brief(value.name) : 'anonymous';
}

/** The name of a value's class. */
export function classOf(value: object): string {
  return tagOf(value) ?? nameOf((value as { constructor?: { name?: unknown } }).constructor ?? {});
}

/** Returns the first 200 characters of a string, with `…` if there are more. */
export function brief(text: string): string {
  return text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH)}…` : text;
}

function tagOf(value: object): string | undefined {
  const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === 'string' && tag !== '' ? brief(tag) : undefined;
}
