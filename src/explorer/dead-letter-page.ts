import type { DeadLetter, DeadLetterFilter } from '../delivery/dead-letter-box';
import type { LetterReader } from './dead-letter-groups';

/** A part of the matching dead letters. */
export interface LetterPage {
  /** Newest first. */
  readonly letters: readonly DeadLetter[];
  readonly total: number;
}

/**
 * Returns the newest dead letters, or those after the one with the id `before`. Reads them twice
 * instead of holding them all: the first time only their times and ids are kept. Letters may come
 * and go meanwhile.
 */
export async function letterPage(
  letters: LetterReader,
  filter: DeadLetterFilter,
  limit: number,
  before: string | undefined,
): Promise<LetterPage> {
  const places: { readonly at: number; readonly index: number; readonly id: string; readonly key: string }[] = [];
  await letters.visitInTurns(filter, (letter) => {
    const { deadAt, event } = letter;
    places.push({ at: deadAt.getTime(), index: places.length, id: event.id, key: keyOf(letter) });
  });
  const total = places.length;
  places.sort((a, b) => b.at - a.at || b.index - a.index);
  const last = before === undefined ? -1 : places.findLastIndex(({ id }) => id === before);
  if (before !== undefined && last < 0) return { letters: [], total };
  const wanted = new Map(places.slice(last + 1, last + 1 + limit).map(({ key }, place) => [key, place]));
  const page: DeadLetter[] = [];
  await letters.visitInTurns(filter, (letter) => {
    const place = wanted.get(keyOf(letter));
    if (place !== undefined) page[place] = letter;
  });
  return { letters: page.filter(Boolean), total };
}

function keyOf({ path, event, deadAt }: DeadLetter): string {
  return `${event.id} ${String(deadAt.getTime())} ${path}`;
}
