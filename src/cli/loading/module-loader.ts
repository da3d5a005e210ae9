import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createJiti } from 'jiti';
import { projectSettings, type ProjectSettings } from './project-settings';
import type { SourceCompiler } from './source-compiler';
import { SwcCompiler } from './swc-compiler';
import { TypeScriptCompiler } from './typescript-compiler';

type TransformOptions = Parameters<ReturnType<typeof createJiti>['transform']>[0];

/**
 * Imports a file of an application, with its imports, in the same way as `nest build` and Node.js.
 *
 * TypeScript is compiled with the project's own compiler (TypeScript or SWC) and options, so that
 * decorators and class fields behave as in the application. jiti finds the files (paths of the
 * tsconfig, `.js` for `.ts`) and converts ES modules to code that runs here. Node.js itself loads
 * packages and JavaScript modules.
 */
export class ModuleLoader {
  /** Source maps by the absolute path of the source. */
  readonly sourceMaps = new Map<string, string>();
  private readonly settings: ProjectSettings;
  private found: SourceCompiler | 'none' | undefined;

  /** @param file absolute path */
  constructor(private readonly file: string) {
    this.settings = projectSettings(file);
  }

  /**
   * True if TypeScript is compiled as in the application; false if the project has no compiler, and
   * jiti compiles it.
   */
  get hasCompiler(): boolean {
    return this.compiler !== undefined;
  }

  /**
   * Loads the file.
   * @returns the exports of the file
   * @throws CommandFailedException if the tsconfig cannot be read; and any error that the file
   * throws
   */
  async load(): Promise<unknown> {
    const { tsconfig = false } = this.settings;
    // jiti reads path aliases itself, but only from a file with this name.
    if (tsconfig === false || basename(tsconfig) === 'tsconfig.json') return this.loadWith(tsconfig);
    const aliases = this.compiler?.aliases;
    if (aliases === undefined) return this.loadWith(true);
    const folder = mkdtempSync(join(tmpdir(), 'event-tracking-'));
    try {
      const copy = join(folder, 'tsconfig.json');
      writeFileSync(copy, JSON.stringify({ compilerOptions: aliases }));
      return await this.loadWith(copy);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * Compiler of the project, loaded with the first TypeScript file: loading TypeScript takes 0.3 s.
   */
  private get compiler(): SourceCompiler | undefined {
    this.found ??= this.findCompiler() ?? 'none';
    return this.found === 'none' ? undefined : this.found;
  }

  private findCompiler(): SourceCompiler | undefined {
    const { file, settings } = this;
    const swc = settings.builder === 'swc' ? SwcCompiler.find(file, settings) : undefined;
    return swc ?? TypeScriptCompiler.find(file, settings) ?? SwcCompiler.find(file, settings);
  }

  private async loadWith(tsconfigPaths: string | boolean): Promise<unknown> {
    const { file } = this;
    const options = { interopDefault: false, tsconfigPaths };
    // The second stage is jiti's own. Its cache identifies a file by the output of the first stage.
    const modules = createJiti(file, options);
    const transform = (given: TransformOptions): { code: string } => ({
      code: modules.transform(given.ts === true ? this.compiled(given) : given),
    });
    return createJiti(file, { ...options, transform, fsCache: false }).import(file);
  }

  private compiled(given: TransformOptions): TransformOptions {
    const { filename = this.file, source } = given;
    const compiled = this.compiler?.compile(filename, source);
    if (compiled === undefined) return given;
    if (compiled.sourceMap !== undefined) this.sourceMaps.set(filename, compiled.sourceMap);
    return { ...given, source: compiled.code, ts: false };
  }
}
