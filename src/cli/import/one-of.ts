import { printable } from '../../common/printable';

/** Maximum number of names that an error lists. */
const MAX_SHOWN = 20;
const MAX_LENGTH = 100;

/** Returns names for an error: `other, warehouse`. */
export function oneOf(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, MAX_SHOWN).map((name) => printable(name, MAX_LENGTH));
  return shown.join(', ') + (all.length > MAX_SHOWN ? `, and ${String(all.length - MAX_SHOWN)} more` : '');
}
