// @ts-check
/** What identifies one of the events that belong to a row. */
export const eventKey = (key, part) => `${key}#${part}`;

/**
 * Compares rows with events.
 * @param {readonly { key: string, events: number }[]} rows that committed, and how many events
 * belong to each
 * @param {readonly { id: string, key: string, part: number }[]} events at the destination, as often
 * as they came. Parts are counted from 1
 * @returns the number of events that belong to the rows, and of those that came; the orphans:
 * events of a row that did not come; the phantoms: events that came without a row; how many came
 * again; and the events that came under two ids
 */
export function compareWithRows(rows, events) {
  const expected = new Set(rows.flatMap(({ key, events: count }) => partsOf(key, count)));
  /** @type {Map<string, string>} */
  const ids = new Map();
  const renamed = new Set();
  for (const { id, key, part } of events) {
    const name = eventKey(key, part);
    if (ids.has(name) && ids.get(name) !== id) renamed.add(name);
    ids.set(name, id);
  }
  return {
    ...{ expected: expected.size, arrived: ids.size, sentAgain: events.length - ids.size },
    orphans: [...expected].filter((name) => !ids.has(name)),
    phantoms: [...ids.keys()].filter((name) => !expected.has(name)),
    renamed: [...renamed],
  };
}

function partsOf(key, count) {
  return Array.from({ length: count }, (_, at) => eventKey(key, at + 1));
}
