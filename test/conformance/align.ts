/**
 * Pairs the events that the reference delivered with those delivered here, so that one event too
 * many is reported as one event and not as a difference in every event after it.
 */
export interface Pair<E, G> {
  readonly expected?: { readonly value: E; readonly at: number };
  readonly got?: { readonly value: G; readonly at: number };
}

const GAP = -0.5;

/**
 * Finds the pairing with the highest score that keeps both orders.
 *
 * @param score how well two events fit: 0 if not at all. Two events of score 0 are paired only if
 * neither fits another one.
 */
export function align<E, G>(
  expected: readonly E[],
  got: readonly G[],
  score: (expected: E, got: G) => number,
): readonly Pair<E, G>[] {
  const best = table(expected, got, score);
  const pairs: Pair<E, G>[] = [];
  for (let e = 0, g = 0; e < expected.length || g < got.length;) {
    const here = best(e, g);
    const [wanted, given] = [expected[e] as E, got[g] as G];
    if (e < expected.length && g < got.length && here === best(e + 1, g + 1) + score(wanted, given))
      pairs.push({ expected: { value: wanted, at: e++ }, got: { value: given, at: g++ } });
    else if (e < expected.length && here === best(e + 1, g) + GAP) pairs.push({ expected: { value: wanted, at: e++ } });
    else pairs.push({ got: { value: given, at: g++ } });
  }
  return pairs;
}

/** The best score of what is left from each pair of positions on. */
function table<E, G>(
  expected: readonly E[],
  got: readonly G[],
  score: (expected: E, got: G) => number,
): (e: number, g: number) => number {
  const width = got.length + 1;
  const scores = new Float64Array((expected.length + 1) * width);
  const at = (e: number, g: number): number => scores[e * width + g] ?? 0;
  for (let e = expected.length; e >= 0; e--)
    for (let g = got.length; g >= 0; g--) {
      const candidates = [
        ...(e < expected.length && g < got.length ? [at(e + 1, g + 1) + score(expected[e] as E, got[g] as G)] : []),
        ...(e < expected.length ? [at(e + 1, g) + GAP] : []),
        ...(g < got.length ? [at(e, g + 1) + GAP] : []),
      ];
      scores[e * width + g] = candidates.length > 0 ? Math.max(...candidates) : 0;
    }
  return at;
}
