/**
 * Creates ids for the option `ids` of TrackingTestingModule:
 * 00000000-0000-7000-8000-000000000001, …2, and so on, each a valid UUID. Every call of `fixedIds`
 * starts again at 1.
 */
export function fixedIds(): () => string {
  let count = 0;
  return () => `00000000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}`;
}
