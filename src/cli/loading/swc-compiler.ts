import { createRequire } from 'node:module';
import type { ProjectSettings } from './project-settings';
import { SourceErrorException, type CompiledSource, type SourceCompiler } from './source-compiler';

/** Used part of `@swc/core`. */
interface Swc {
  transformSync(source: string, options: object): { readonly code: string; readonly map?: string };
}

/** Defaults of `nest build` with the builder `swc`. A `.swcrc` extends them. */
const NEST_DEFAULTS = {
  target: 'es2021',
  parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  keepClassNames: true,
  experimental: { keepImportAttributes: true },
};

/** Compiles with the `@swc/core` that is installed in the project, and its `.swcrc`. */
export class SwcCompiler implements SourceCompiler {
  readonly aliases = undefined;

  private constructor(
    private readonly swc: Swc,
    private readonly settings: ProjectSettings,
  ) {}

  /**
   * Finds the compiler.
   * @returns undefined if the project has no `@swc/core`
   */
  static find(file: string, settings: ProjectSettings): SwcCompiler | undefined {
    try {
      return new SwcCompiler(createRequire(file)('@swc/core') as Swc, settings);
    } catch {
      return undefined;
    }
  }

  compile(file: string, source: string): CompiledSource {
    const { root, swcrc } = this.settings;
    try {
      const { code, map } = this.swc.transformSync(source, {
        ...{ filename: file, sourceFileName: file, cwd: root, root, swcrc: true, sourceMaps: true, minify: false },
        ...(swcrc === undefined ? {} : { configFile: swcrc }),
        module: { type: 'es6' },
        jsc: NEST_DEFAULTS,
      });
      return { code, sourceMap: map };
    } catch (error) {
      const message = String(error instanceof Error ? error.message : error);
      const line = /:(\d+):\d+\]/.exec(message)?.[1];
      throw SourceErrorException.create(firstLine(message), file, line === undefined ? undefined : Number(line));
    }
  }
}

/** Returns the first line of an SWC message. SWC prints the source below it, in colors. */
function firstLine(message: string): string {
  const plain = message.replace(/\u001b\[[\d;]*m/g, '');
  return (
    plain
      .split('\n')
      .find((line) => /\w/.test(line))
      ?.replace(/^\s*[x×]\s+/u, '')
      .trim() ?? 'it has a syntax error'
  );
}
