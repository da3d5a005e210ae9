import { types } from 'node:util';

const MAX_NAME_LENGTH = 200;

/** Live machinery, whose fields say nothing about what happened and lead to half the process. */
export function isOpaque(value: object): boolean {
  const { pipe, on, subscribe, then, unref } = value as Record<'pipe' | 'on' | 'subscribe' | 'then' | 'unref', unknown>;
  return (
    types.isPromise(value) ||
    // A query that was not awaited: its fields lead to the connection, and to the password in its URL.
    typeof then === 'function' ||
    typeof subscribe === 'function' ||
    (typeof pipe === 'function' && typeof on === 'function') ||
    typeof unref === 'function' || // a timer holds all other timers of the process, with what they were given
    isAroundHttp(value) ||
    // The machinery of the language and of the web has no fields: `{}` would hide that something was left out.
    (tagOf(value) !== undefined && Object.keys(value).length === 0)
  );
}

/** A request or reply of Fastify: among its own fields are the query, the body and the cookies. */
function isAroundHttp(value: object): boolean {
  if (!Object.hasOwn(value, 'raw')) return false; // a getter of a class is not called for what is only a guess
  const { raw } = value as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null && ('httpVersion' in raw || 'writeHead' in raw);
}

/** The name of a function or class. */
export function nameOf(value: { readonly name?: unknown }): string {
  return typeof value.name === 'string' && value.name !== '' ? brief(value.name) : 'anonymous';
}

/** The name of a value's class. */
export function classOf(value: object): string {
  return tagOf(value) ?? nameOf((value as { constructor?: { name?: unknown } }).constructor ?? {});
}

/** At most 200 characters of a string. */
export function brief(text: string): string {
  return text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH)}…` : text;
}

function tagOf(value: object): string | undefined {
  const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === 'string' && tag !== '' ? brief(tag) : undefined;
}
