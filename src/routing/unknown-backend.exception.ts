import { quoted } from '../common/printable';

/** Thrown when no backend exists at the given path. */
export class UnknownBackendException extends Error {
  override readonly name = 'UnknownBackendException';

  /** Called by `create`. Public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly path: string,
    readonly knownPaths: readonly string[],
  ) {
    super(message);
  }

  static create(tracker: string, path: string, knownPaths: readonly string[], isOff: boolean): UnknownBackendException {
    const known = knownPaths.length === 0 ? 'it has none yet' : `it has: ${knownPaths.join(', ')}`;
    const fix = isOff
      ? 'tracking is off (enabled: false), so no tree was built. To get a backend that does nothing, inject it: @InjectBackend("caliper/mongo").'
      : 'names of nested backends are joined by "/", as in tracker.backend("caliper/mongo"). ' +
        'Before the application has started, inject it: @InjectBackend("caliper/mongo").';
    return new UnknownBackendException(
      `the tracker "${tracker}" has no backend at ${quoted(path)}; ${known}.\n  Fix: ${fix}`,
      path,
      knownPaths,
    );
  }
}
