import { quoted } from '../common/printable';
import { DEFAULT_TRACKER } from '../routing/tokens';

/** Thrown at start when `@InjectTracker` names a tracker that the application does not have. */
export class UnknownTrackerException extends Error {
  override readonly name = 'UnknownTrackerException';

  /** Called by `create`. Public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly tracker: string,
    readonly knownTrackers: readonly string[],
  ) {
    super(message);
  }

  static create(tracker: string, knownTrackers: readonly string[]): UnknownTrackerException {
    const [other] = knownTrackers;
    const inject = other === undefined ? '' : `@InjectTracker(${quoted(other)}), or `;
    const options = tracker === DEFAULT_TRACKER ? '{ ... }' : `{ name: ${quoted(tracker)}, ... }`;
    return new UnknownTrackerException(
      `the application has no tracker ${quoted(tracker)}; it has: ${knownTrackers.join(', ') || 'none'}.\n` +
        `  Fix: ${inject}TrackingModule.forRoot(${options}).`,
      tracker,
      knownTrackers,
    );
  }
}
