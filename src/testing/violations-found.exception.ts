import type { ViolationCount } from '../catalog/tracking-violations';

/** Thrown when events violate the catalog. */
export class ViolationsFoundException extends Error {
  override readonly name = 'ViolationsFoundException';

  /** Use `create` instead. The constructor is public so that `toThrow` accepts the class. */
  constructor(
    message: string,
    readonly violations: readonly ViolationCount[],
  ) {
    super(message);
  }

  static create(violations: readonly ViolationCount[]): ViolationsFoundException {
    const lines = violations.map(({ event, path, message, kind, count, location }) => {
      const where = location === '' ? '' : `, emitted at ${location}`;
      const often = count === 1 ? '' : ` (${String(count)} times)`;
      return `  ${event}: ${path === '' ? 'it' : path} ${message} (${kind})${where}${often}`;
    });
    const text = `events do not match the catalog:\n${lines.join('\n')}\n  Fix: emit values that match the definition, or change the definition and raise its version`;
    return new ViolationsFoundException(text, violations);
  }
}
