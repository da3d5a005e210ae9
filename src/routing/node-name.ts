import { nameOr, showIdentifier, showValue } from '../common/show-value';

/** Names stand in paths, tokens, folders and log lines. `.` and `..` would lead out of a folder. */
const NODE_NAME = /^(?!\.+$)[A-Za-z0-9_.-]+$/;

/** Whether a backend, a consumer or a backend registered at run time may have this name. */
export function isNodeName(name: unknown): name is string {
  return typeof name === 'string' && NODE_NAME.test(name);
}

/** Where a node is described, as the configuration is written: `backends.caliper`. */
export function nodePlace(parent: string, name: string): string {
  return isNodeName(name) ? `${parent}.${name}` : `${parent}[${showIdentifier(name)}]`;
}

/** What is wrong with a name that is none. */
export function nodeNameFault(name: unknown): string {
  const shown = showIdentifier(name);
  return typeof name === 'string' && /^\.+$/.test(name)
    ? `the name ${shown} has no other characters than dots, which lead to another folder.`
    : `the name ${shown} has other characters than letters, digits, "_", "." and "-".`;
}

/** The line that fixes a value which is no `backend()`: the name of its key and its class, as far as they may be shown. */
export function notABackendFix(name: string, value: unknown): string {
  const [, shownClass] = /^(?:the function|an object of the class) (\S+)$/.exec(showValue(value)) ?? [];
  return `${nameOr('tracking_logs', name)}: backend(${shownClass ?? 'SomeBackend'}, { ... })`;
}
