/** Forms multiply: an `allOf` of 20 unions of two alternatives has a million. */
const MAX_FORMS = 1_000;
const MAX_COMBINED = 20_000;
const MAX_COMPARED = 40_000;
const MAX_PLACES = 100_000;
const MAX_DISJOINT_CHECKS = 1_000_000;

/**
 * Counts and limits the work of comparing two schemas. What is beyond a limit is compared as text or not at all, and counts as
 * breaking unless it is the same.
 */
export class Effort {
  /** Pairs of alternatives and listed values that were combined into one, for an `allOf`. */
  combined = 0;
  /** Pairs of an old and a new alternative that were compared to find those that belong together. */
  compared = 0;
  /** Places of the old and the new schema that were compared with each other. */
  places = 0;
  /** Pairs of alternatives of a `oneOf` that were checked for a value that fits both. */
  disjointChecks = 0;

  /** True, and counted, if so many pairs may be combined at one place. One pair always may. */
  canCombine(pairs: number): boolean {
    if (pairs <= 1) return true;
    if (pairs > MAX_FORMS || this.combined + pairs > MAX_COMBINED) return false;
    this.combined += pairs;
    return true;
  }

  /** True, and counted, if so many pairs may be compared. */
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
