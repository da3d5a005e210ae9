export {
  nameOr,
  nearOption,
  optionName,
  showChoice,
  showIdentifier,
  showInFull,
  showKind,
  showName,
  showOption,
  showValue,
  unknownOptionFix,
} from './show-value';

/** One error in the configuration: its place, a description, and the line that fixes it. */
export interface ConfigError {
  /**
   * Path of the node in the configuration, such as `backends.caliper.processors[0] (RegexFilter)`.
   */
  readonly path: string;
  readonly what: string;
  readonly fix: string;
  readonly cause?: unknown;
}

/**
 * Reports all errors in the configuration at once. Thrown at the start, and by the constructors of
 * shipped classes for errors in their options.
 */
export class TrackingConfigException extends Error {
  override readonly name = 'TrackingConfigException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly errors: readonly ConfigError[],
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  static create(errors: readonly ConfigError[]): TrackingConfigException {
    const count = errors.length === 1 ? '1 error' : `${String(errors.length)} errors`;
    const lines = errors.map(({ path, what, fix }, at) => `  ${String(at + 1)}. ${path}: ${what}\n     Fix: ${fix}`);
    const cause = errors.find((fault) => fault.cause !== undefined)?.cause;
    const message = `${count} in the tracking configuration.\n${lines.join('\n')}`;
    return new TrackingConfigException(message, errors, cause === undefined ? {} : { cause });
  }
}
