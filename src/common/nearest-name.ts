/**
 * Limit for the compared length: names from user input can be arbitrarily long, and the cost is the
 * product of both lengths.
 */
const MAX_LENGTH = 200;

/**
 * Returns the number of characters to insert, delete or replace to turn one name into the other
 * (Levenshtein distance).
 */
export function nameDistance(from: string, to: string): number {
  return distance(from.slice(0, MAX_LENGTH), to.slice(0, MAX_LENGTH));
}

/** Returns the name that was probably meant; undefined if none is close enough. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const at = nameDistance(wanted, name);
    if (at < least && isNear(at, wanted, name)) [nearest, least] = [name, at];
  }
  return nearest;
}

/**
 * True if one name may be a misspelling of the other.
 * @param at distance between the two names
 */
export function isNear(at: number, wanted: string, name: string): boolean {
  return at <= Math.max(wanted.length, name.length) / 2;
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 1; at <= from.length; at++) {
    const above = row;
    row = [at];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (above[column - 1] ?? 0) + Number(from[at - 1] !== to[column - 1]);
      row.push(Math.min(replaced, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
    }
  }
  return row[to.length] ?? 0;
}
