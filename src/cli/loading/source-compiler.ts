/** JavaScript compiled from a TypeScript file. It keeps the imports and exports of an ES module. */
export interface CompiledSource {
  readonly code: string;
  /** Source map as JSON; undefined if there is none. */
  readonly sourceMap: string | undefined;
}

/** Compiles TypeScript one file at a time, without type checking. */
export interface SourceCompiler {
  /**
   * Compiles one file.
   * @param file absolute path of the source
   * @throws SourceErrorException if the source has a syntax error
   */
  compile(file: string, source: string): CompiledSource;
  /**
   * Absolute `baseUrl` and `paths` of the tsconfig; undefined if there are none, or if the compiler
   * does not read them.
   */
  readonly aliases: PathAliases | undefined;
}

export interface PathAliases {
  readonly baseUrl?: string | undefined;
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** Reports a syntax error in a TypeScript file, with the message of the compiler. */
export class SourceErrorException extends Error {
  override readonly name = 'SourceErrorException';

  private constructor(
    message: string,
    /** Absolute path of the source. */
    readonly file: string,
    /** Line of the error, starting at 1; undefined if the compiler does not report it. */
    readonly line: number | undefined,
  ) {
    super(message);
  }

  static create(message: string, file: string, line: number | undefined): SourceErrorException {
    return new SourceErrorException(message, file, line);
  }
}
