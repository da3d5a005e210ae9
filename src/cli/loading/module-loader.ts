import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createJiti } from 'jiti';
import type { CompiledSource, SourceCompiler } from './source-compiler';
import { projectSettings } from './project-settings';
import { SwcCompiler } from './swc-compiler';
import { TypeScriptCompiler } from './typescript-compiler';

type TransformOptions = Parameters<ReturnType<typeof createJiti>['transform']>[0];

/**
 * Imports a file of an application as `nest build` and Node.js would, and what it imports.
 *
 * TypeScript is compiled by the project's own compiler (TypeScript or SWC) with the project's own options, so that decorators and
 * class fields do what they do in the application. jiti finds the files (paths of the tsconfig, `.js` for `.ts`) and turns ES
 * modules into something that can be run here. Packages and JavaScript modules are loaded by Node.js itself.
 */
export class ModuleLoader {
  /** Source maps by the absolute path of the source. */
  readonly sourceMaps = new Map<string, string>();
  private readonly compiler: SourceCompiler | undefined;
  private readonly tsconfig: string | undefined;

  /**
   * @param file absolute path
   * @throws CommandFailedException if the tsconfig cannot be read
   */
  constructor(private readonly file: string) {
    const settings = projectSettings(file);
    this.tsconfig = settings.tsconfig;
    const swc = settings.builder === 'swc' ? SwcCompiler.find(file, settings) : undefined;
    this.compiler = swc ?? TypeScriptCompiler.find(file, settings) ?? SwcCompiler.find(file, settings);
  }

  /** True if TypeScript is compiled as the application is; false if the project has no compiler, and jiti's own is used. */
  get hasCompiler(): boolean {
    return this.compiler !== undefined;
  }

  /** @returns the exports of the file */
  async load(): Promise<unknown> {
    const { tsconfig = false } = this;
    const aliases = this.compiler?.aliases;
    // jiti reads the aliases itself, and only of a file with this name.
    if (tsconfig === false || basename(tsconfig) === 'tsconfig.json') return this.loadWith(tsconfig);
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

  private async loadWith(tsconfigPaths: string | boolean): Promise<unknown> {
    const { file, compiler } = this;
    const options = { interopDefault: false, tsconfigPaths };
    if (compiler === undefined) return createJiti(file, options).import(file);
    // The second stage is jiti's own; its cache knows a file by what the first stage made of it.
    const modules = createJiti(file, options);
    const transform = (given: TransformOptions): { code: string } => ({
      code: modules.transform(given.ts === true ? { ...given, ...this.compiled(compiler, given), ts: false } : given),
    });
    return createJiti(file, { ...options, transform, fsCache: false }).import(file);
  }

  private compiled(compiler: SourceCompiler, { filename = this.file, source }: TransformOptions): { source: string } {
    const { code, sourceMap }: CompiledSource = compiler.compile(filename, source);
    if (sourceMap !== undefined) this.sourceMaps.set(filename, sourceMap);
    return { source: code };
  }
}
