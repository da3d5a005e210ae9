/** Limit of combinations: an `allOf` of 20 unions with two alternatives has a million. */
const MAX_FORMS = 1_000;
const MAX_COMBINED = 20_000;
const MAX_COMPARED = 40_000;
const MAX_PLACES = 100_000;
const MAX_DISJOINT_CHECKS = 1_000_000;

/**
 * Counts and limits the work of comparing two schemas. Beyond a limit, schemas are compared as text
 * or not at all, and count as breaking unless they are identical.
 */
export class Effort {
  /** Number of pairs of alternatives and listed values combined for an `allOf`. */
  combined = 0;
  /** Number of pairs of an old and a new alternative that were compared to match them. */
  compared = 0;
  /** Number of places of the old and the new schema that were compared. */
  places = 0;
  /** Number of pairs of alternatives of a `oneOf` that were checked for a common value. */
  disjointChecks = 0;

  /** Returns true, and counts them, if this many pairs may be combined. One pair always may. */
  canCombine(pairs: number): boolean {
    if (pairs <= 1) return true;
    if (pairs > MAX_FORMS || this.combined + pairs > MAX_COMBINED) return false;
    this.combined += pairs;
    return true;
  }

  /** Returns true, and counts them, if this many pairs may be compared. */
  canCompare(pairs: number): boolean {
    if (this.compared + pairs > MAX_COMPARED) return false;
    this.compared += pairs;
    return true;
  }

  canVisitPlace(): boolean {
    if (this.places >= MAX_PLACES) return false;
    this.places++;
    return true;
  }

  canCheckDisjoint(): boolean {
    if (this.disjointChecks >= MAX_DISJOINT_CHECKS) return false;
    this.disjointChecks++;
    return true;
  }
}
