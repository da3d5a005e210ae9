/** JavaScript made of a TypeScript file. Its imports and exports are still those of an ES module. */
export interface CompiledSource {
  readonly code: string;
  /** JSON of a source map; undefined if there is none. */
  readonly sourceMap: string | undefined;
}

/** Compiles TypeScript one file at a time, without its types being checked. */
export interface SourceCompiler {
  /**
   * @param file absolute path of the source
   * @throws SourceErrorException if the source has a syntax error
   */
  compile(file: string, source: string): CompiledSource;
  /** `baseUrl` and `paths` of the tsconfig, absolute; undefined if there are none, or if they are not known to the compiler. */
  readonly aliases: PathAliases | undefined;
}

export interface PathAliases {
  readonly baseUrl?: string | undefined;
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** A syntax error in a TypeScript file. Its message is that of the compiler. */
export class SourceErrorException extends Error {
  override readonly name = 'SourceErrorException';

  private constructor(
    message: string,
    /** Absolute path of the source. */
    readonly file: string,
    /** From 1; undefined if the compiler does not say. */
    readonly line: number | undefined,
  ) {
    super(message);
  }

  static create(message: string, file: string, line: number | undefined): SourceErrorException {
    return new SourceErrorException(message, file, line);
  }
}
