import { nameOr, showIdentifier, showValue } from '../common/show-value';

/**
 * Pattern of a name. Names appear in paths, tokens, folders and log lines. `.` and `..` would leave
 * a folder.
 */
const NODE_NAME = /^(?!\.+$)[A-Za-z0-9_.-]+$/;

/** True if a backend, a consumer or a backend registered at run time may have this name. */
export function isNodeName(name: unknown): name is string {
  return typeof name === 'string' && NODE_NAME.test(name);
}

/** Returns the place of a node as written in the configuration: `backends.caliper`. */
export function nodePlace(parent: string, name: string): string {
  return isNodeName(name) ? `${parent}.${name}` : `${parent}[${showIdentifier(name)}]`;
}

/** Describes the error in an invalid name. */
export function nodeNameError(name: unknown): string {
  const shown = showIdentifier(name);
  return typeof name === 'string' && /^\.+$/.test(name)
    ? `the name ${shown} has no other characters than dots, which lead to another folder.`
    : `the name ${shown} has other characters than letters, digits, "_", "." and "-".`;
}

/**
 * Returns the fix for a value that is not a `backend()`, with its key and class name if these may
 * be shown.
 */
export function notABackendFix(name: string, value: unknown): string {
  const [, shownClass] = /^(?:the function|an object of the class) (\S+)$/.exec(showValue(value)) ?? [];
  return `${nameOr('tracking_logs', name)}: backend(${shownClass ?? 'SomeBackend'}, { ... })`;
}
