/** An entry of this package was imported that needs a package which is not installed. */
export class MissingPeerException extends Error {
  override readonly name = 'MissingPeerException';

  private constructor(
    message: string,
    /** The package that is not installed. */
    readonly peer: string,
    /** The entry that needs it: `nestjs-event-tracking/mongoose`. */
    readonly entry: string,
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  /** @param peers all packages that the entry needs, which are installed in one go */
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
