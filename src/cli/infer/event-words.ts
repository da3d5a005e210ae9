const RESERVED = new Set(['Catalog', 'Event', 'Infinity', 'NaN']);

/**
 * Returns the constant for each event: the end of its name if that is unique, otherwise the whole
 * name.
 */
export function constantNames(names: readonly string[]): ReadonlyMap<string, string> {
  const short = new Map(names.map((name) => [name, identifier(partsOf(name).slice(-2))]));
  const taken = new Map<string, number>();
  for (const each of short.values()) taken.set(each, (taken.get(each) ?? 0) + 1);
  const used = new Set<string>();
  return new Map(
    names.map((name) => {
      const own = short.get(name) ?? '';
      const wanted = taken.get(own) === 1 ? own : identifier(partsOf(name));
      let given = wanted;
      for (let at = 2; used.has(given); at++) given = `${wanted}${String(at)}`;
      used.add(given);
      return [name, given];
    }),
  );
}

/**
 * Returns the title of an event: `Course enrollment activated` for
 * `edx.course.enrollment.activated`; undefined for a name without words.
 */
export function titleOf(name: string): string | undefined {
  const words = (name.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word, at) => !(at === 0 && word === 'edx')).slice(-6);
  const text = words.join(' ').slice(0, 80);
  return text === '' ? undefined : text.charAt(0).toUpperCase() + text.slice(1);
}

function partsOf(name: string): string[] {
  return name.split(/[./:]+/).filter((part) => /[A-Za-z]/.test(part));
}

function identifier(parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.match(/[A-Za-z\d]+/g) ?? []);
  const text = words
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .slice(0, 80);
  if (text === '' || /^\d/.test(text)) return `Event${text}`;
  // `Map` and `Date` are reserved for the globals.
  return text in globalThis || RESERVED.has(text) ? `${text}Event` : text;
}
