/** Step to the items of a list, and to the values of a map. */
export const EACH = Symbol('*');

/** Step down a schema: a key, or `EACH`. */
export type FieldStep = string | typeof EACH;
export type IsPersonal = (steps: readonly FieldStep[]) => boolean;

/** Formats steps as a path, with escaped special characters. */
export function pathText(steps: readonly FieldStep[]): string {
  return steps.map((step) => (step === EACH ? '*' : step.replace(/[\\.*[\]]/g, '\\$&') || '""')).join('.');
}
