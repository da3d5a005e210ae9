/**
 * The reference takes any text for a backend's name; ours are [A-Za-z0-9_.-]+. Names are also the
 * order of delivery, so a name that we cannot use is replaced by one at the same place in that
 * order, and the names that we can use stay as they are.
 */
import { MalformedCase } from './vectors';

const LEGAL = /^[A-Za-z0-9_.-]+$/;

/**
 * The name to use for each of the names that stand side by side. @throws MalformedCase if no name
 * is free at a place in the order.
 */
export function legalNames(names: readonly string[]): ReadonlyMap<string, string> {
  const legal = new Map<string, string>();
  const ordered = [...new Set(names)].sort(byCodePoint);
  ordered.reduce((previous, name, at) => {
    const next = LEGAL.test(name) ? name : `${previous}-`; // '-' is the lowest of our characters: nothing of ours stands between
    if (ordered.slice(at + 1).includes(next))
      throw new MalformedCase(
        `the backend name ${JSON.stringify(name)} has no counterpart among ours beside ${JSON.stringify(next)}`,
      );
    legal.set(name, next);
    return next;
  }, '');
  return legal;
}

function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)); // UTF-8 keeps the order of code points, UTF-16 does not
}
