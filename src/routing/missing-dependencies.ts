/**
 * Finds what a factory of options injects and no module gives, so that the error says where the
 * module belongs. Nest's own error names only the module that this package made for the node.
 */
import type { InjectionToken, OptionalFactoryDependency } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';

type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;
export type Dependency = InjectionToken | OptionalFactoryDependency;

/**
 * Returns the dependencies as optional ones. Nest then calls the factory with undefined in place of
 * a missing dependency, instead of ending the start with its own error.
 */
export function optionally(dependencies: readonly Dependency[]): Dependency[] {
  return dependencies.map((dependency) => {
    const token = tokenOf(dependency);
    // Nest explains an undefined token itself: two files that import each other.
    return token === undefined ? dependency : { token, optional: true };
  });
}

/** Values that Nest passed, with what is needed to tell a missing one from a value undefined. */
export interface Injected {
  readonly dependencies: readonly Dependency[];
  readonly values: readonly unknown[];
  readonly container: ModulesContainer;
  /** Token that only the module of the factory provides. */
  readonly holder: InjectionToken;
}

/**
 * Returns one error for each required dependency that no module gives.
 * @param path place of the factory in the configuration
 * @param target describes where a module must be imported: "this node's imports"
 */
export function missingDependencies(path: string, target: string, injected: Injected): ConfigError[] {
  const { dependencies, values, container, holder } = injected;
  const hosts = [...container.values()].filter(({ providers }) => providers.has(holder));
  return dependencies.flatMap((dependency, at) => {
    if (values[at] !== undefined || isOptional(dependency)) return [];
    const token = resolved(tokenOf(dependency));
    if (hosts.some((host) => gives(host, token))) return [];
    const name = typeof token === 'function' ? token.name : String(token);
    return [
      {
        path,
        what: `its factory injects ${name}, which no module gives to it.`,
        fix: `add the module that exports ${name} to ${target}${globalFix(name)}`,
      },
    ];
  });
}

/** Returns true if Nest finds the token: in the module, or exported by one of its imports. */
function gives(host: NestModule, token: unknown): boolean {
  return host.providers.has(token as InjectionToken) || isExported([...host.imports], token, new Set());
}

function isExported(modules: readonly NestModule[], token: unknown, seen: Set<NestModule>): boolean {
  return modules.some((module) => {
    if (seen.has(module)) return false;
    seen.add(module);
    const { exports, providers, imports } = module;
    const has = exports.has(token as InjectionToken) && providers.has(token as InjectionToken);
    const passedOn = [...imports].filter(({ metatype }) => exports.has(metatype));
    return has || isExported(passedOn, token, seen);
  });
}

function globalFix(name: string): string {
  return name === 'ConfigService'
    ? ': { imports: [ConfigModule] }, or use ConfigModule.forRoot({ isGlobal: true })'
    : '';
}

function isOptionalForm(dependency: Dependency): dependency is OptionalFactoryDependency {
  return isObject(dependency) && 'token' in dependency && 'optional' in dependency;
}

function isOptional(dependency: Dependency): boolean {
  return isOptionalForm(dependency) && dependency.optional;
}

function tokenOf(dependency: Dependency): InjectionToken | undefined {
  return isOptionalForm(dependency) ? dependency.token : dependency;
}

function resolved(token: InjectionToken | undefined): unknown {
  return isObject(token) && typeof token['forwardRef'] === 'function'
    ? (token['forwardRef'] as () => unknown)()
    : token;
}
