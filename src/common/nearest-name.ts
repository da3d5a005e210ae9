/** A name made of user input may have any length, and the distance costs the product of two. */
const MAX_LENGTH = 200;

/** How many characters are to be put in, taken out or replaced to get from one name to the other (Levenshtein). */
export function nameDistance(from: string, to: string): number {
  return distance(from.slice(0, MAX_LENGTH), to.slice(0, MAX_LENGTH));
}

/** The name that may have been meant; undefined if none is near enough. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const at = nameDistance(wanted, name);
    if (at < least && isNear(at, wanted, name)) [nearest, least] = [name, at];
  }
  return nearest;
}

/** Whether one of two names may be the other one, misspelled. */
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
