/**
 * Error thrown when an entry of this package is imported and a package that it needs is not
 * installed.
 */
export class MissingPeerException extends Error {
  override readonly name = 'MissingPeerException';

  private constructor(
    message: string,
    /** Name of the package that is not installed. */
    readonly peer: string,
    /** Entry that needs the package, such as `nestjs-event-tracking/mongoose`. */
    readonly entry: string,
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  /**
   * Creates the exception.
   * @param peers all packages that the entry needs, so that one command installs them
   */
  static create(peer: string, entry: string, peers: readonly string[], cause: unknown): MissingPeerException {
    return new MissingPeerException(
      `${entry} needs the package "${peer}", which is not installed.\n` +
        `  Fix: npm install ${peers.join(' ')}, or do not import ${entry}: no other entry needs it.`,
      peer,
      entry,
      { cause },
    );
  }
}
