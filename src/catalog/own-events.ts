/**
 * Names of the events that this package emits about itself. They need no definition in the
 * application's catalog, which may define them all the same.
 */
export const OWN_EVENTS = {
  redriven: 'tracking.dead_letters.redriven',
  purged: 'tracking.dead_letters.purged',
} as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(OWN_EVENTS));

export function isOwnEvent(name: string): boolean {
  return NAMES.has(name);
}
