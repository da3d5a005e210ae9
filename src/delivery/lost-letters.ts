interface LetterHolder {
  readonly path: string;
  readonly lettersLostAtClose: number;
}

/**
 * Number of dead letters that were lost with the process, by path. Paths without any are left out.
 */
export function lostLettersOf(holders: readonly LetterHolder[]): ReadonlyMap<string, number> {
  const lost = new Map<string, number>();
  for (const { path, lettersLostAtClose: count } of holders) {
    if (count > 0) lost.set(path, (lost.get(path) ?? 0) + count);
  }
  return lost;
}
