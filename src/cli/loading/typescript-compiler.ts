import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import type * as TypeScript from 'typescript';
import { CommandFailedException } from '../command-failed.exception';
import type { ProjectSettings } from './project-settings';
import { SourceErrorException, type CompiledSource, type PathAliases, type SourceCompiler } from './source-compiler';

/**
 * Codes of tsconfig errors that lose options: the tsconfig, or a file it extends, cannot be read.
 */
const UNREADABLE_CONFIG = new Set([5012, 5083, 6053]);

/**
 * Compiles with the TypeScript that is installed in the project, and the options of its tsconfig.
 */
export class TypeScriptCompiler implements SourceCompiler {
  private constructor(
    private readonly ts: typeof TypeScript,
    private readonly options: TypeScript.CompilerOptions,
    readonly aliases: PathAliases | undefined,
  ) {}

  /**
   * Finds the compiler.
   * @param file file of the project that is searched for TypeScript
   * @returns undefined if the project has no TypeScript, or one without a JavaScript API
   * @throws CommandFailedException if the tsconfig cannot be read
   */
  static find(file: string, { tsconfig }: ProjectSettings): TypeScriptCompiler | undefined {
    const ts = installed(file);
    if (ts === undefined) return undefined;
    const given = tsconfig === undefined ? {} : readOptions(ts, tsconfig);
    return new TypeScriptCompiler(
      ts,
      optionsFor(ts, given),
      tsconfig === undefined ? undefined : aliasesIn(given, dirname(tsconfig)),
    );
  }

  compile(file: string, source: string): CompiledSource {
    const { ts, options } = this;
    const result = ts.transpileModule(source, { fileName: file, compilerOptions: options, reportDiagnostics: true });
    const error = result.diagnostics?.find((each) => each.category === ts.DiagnosticCategory.Error && each.file);
    if (error !== undefined) {
      const line = error.start === undefined ? undefined : error.file?.getLineAndCharacterOfPosition(error.start).line;
      const message = ts.flattenDiagnosticMessageText(error.messageText, ' ');
      throw SourceErrorException.create(message, file, line === undefined ? undefined : line + 1);
    }
    // The comment names a file that does not exist.
    const code = result.outputText.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n');
    return { code, sourceMap: result.sourceMapText };
  }
}

function installed(file: string): typeof TypeScript | undefined {
  try {
    const ts = createRequire(file)('typescript') as typeof TypeScript;
    // A TypeScript release that is a native program has no API.
    return typeof ts.transpileModule === 'function' ? ts : undefined;
  } catch {
    return undefined;
  }
}

function readOptions(ts: typeof TypeScript, tsconfig: string): TypeScript.CompilerOptions {
  const host: TypeScript.ParseConfigFileHost = {
    ...ts.sys,
    readDirectory: () => [], // the list of the project's files is not needed and slow to create
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw unreadable(ts, tsconfig, diagnostic);
    },
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(tsconfig, undefined, host);
  const error = parsed?.errors.find(({ code }) => UNREADABLE_CONFIG.has(code));
  if (error !== undefined) throw unreadable(ts, tsconfig, error);
  return parsed?.options ?? {};
}

interface PathOptions {
  readonly baseUrl?: string;
  readonly paths?: Readonly<Record<string, readonly string[]>>;
  /**
   * Folder of the tsconfig that defines `paths`, which may be an extended one. Missing in the
   * types.
   */
  readonly pathsBasePath?: string;
}

/** @param folder folder of the tsconfig */
function aliasesIn(options: TypeScript.CompilerOptions, folder: string): PathAliases | undefined {
  const { baseUrl, paths, pathsBasePath = folder } = options as PathOptions;
  if (baseUrl === undefined && paths === undefined) return undefined;
  const base = baseUrl ?? pathsBasePath;
  const absolute = Object.entries(paths ?? {}).map(([pattern, targets]) => [
    pattern,
    targets.map((target) => resolve(base, target)),
  ]);
  return { ...(baseUrl === undefined ? {} : { baseUrl }), paths: Object.fromEntries(absolute) as PathAliases['paths'] };
}

function unreadable(
  ts: typeof TypeScript,
  tsconfig: string,
  { messageText }: TypeScript.Diagnostic,
): CommandFailedException {
  return CommandFailedException.create(
    `${relative(process.cwd(), tsconfig)} cannot be read: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    'run npx tsc --showConfig and correct the reported errors',
  );
}

/**
 * Combines the project's options that affect the runtime behavior of classes with options for the
 * current Node.js.
 */
function optionsFor(ts: typeof TypeScript, given: TypeScript.CompilerOptions): TypeScript.CompilerOptions {
  const { ES2022 } = ts.ScriptTarget;
  const kinds = ts.ModuleKind as Partial<typeof TypeScript.ModuleKind>;
  return {
    // Nest needs both, so a tsconfig without them is not the one that compiles the application.
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
    ...given,
    target: ES2022,
    // The default depends on the target, which differs here.
    useDefineForClassFields: given.useDefineForClassFields ?? (given.target ?? 0) >= ES2022,
    // ES modules are kept, so that top-level `await` and packages that are ES modules can be
    // loaded.
    module: kinds.Preserve ?? ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    ...{ sourceMap: true, inlineSourceMap: false, inlineSources: false, sourceRoot: '', mapRoot: '' },
    ...{ importHelpers: false, noEmitHelpers: false, noEmit: false, composite: false, incremental: false },
    ...{ declaration: false, declarationMap: false, emitDeclarationOnly: false, isolatedDeclarations: false },
    ...{ plugins: [], rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true },
  };
}
