/**
 * Checks the names of the options of `forRoot` and `forRootAsync`, and of the result of
 * `useFactory`. An option that is never read is an error: misplaced `backends` would lose every
 * event silently.
 */
import {
  nearOption,
  optionName,
  showOption,
  showValue,
  unknownOptionFix,
  type ConfigError,
} from '../common/tracking-config.exception';
import type { DescribedTree } from '../routing/tree-plan';
import type { TestedRuntimeOptions } from './settings';

const TREE: Readonly<Record<keyof DescribedTree | 'name', true>> = {
  name: true,
  processors: true,
  backends: true,
  consumers: true,
  imports: true,
};
const RUNTIME: Readonly<Record<keyof Omit<TestedRuntimeOptions, 'ids' | 'startsWhenBuilt'>, true>> = {
  enabled: true,
  requestContext: true,
  clock: true,
  limits: true,
  maxEarlyEvents: true,
  shutdownTimeoutMs: true,
  role: true,
  delivery: true,
  catalog: true,
  validation: true,
  documentation: true,
  logger: true,
};
const TREE_NAMES = Object.keys(TREE);
const RUNTIME_NAMES = Object.keys(RUNTIME);
/** Options that only the test kit sets. */
const TEST_NAMES: readonly (keyof TestedRuntimeOptions)[] = ['ids', 'startsWhenBuilt'];
const ASYNC_NAMES = ['inject', 'useFactory', ...TREE_NAMES];

const ASYNC_EXAMPLE =
  'TrackingModule.forRootAsync({ inject: [ConfigService], ' +
  "useFactory: (config: ConfigService) => ({ enabled: config.get('TRACKING_ENABLED') !== 'false' }), backends: { ... } })";

/** Source of the runtime options of the module. */
export type OptionsOrigin = 'forRoot' | 'useFactory';

/**
 * Checks the option names of `forRoot` or of the result of `useFactory`.
 * @returns one error for each unknown option, or one if the options are not an object
 */
export function faultsOfOptionNames(options: unknown, origin: OptionsOrigin): ConfigError[] {
  if (!isObject(options)) return [notAnObject(options, origin)];
  const known = [...RUNTIME_NAMES, ...TREE_NAMES];
  return Object.keys(options)
    .filter((name) => !RUNTIME_NAMES.includes(name) && !(TEST_NAMES as readonly string[]).includes(name))
    .map((name) =>
      origin === 'useFactory' && TREE_NAMES.includes(name)
        ? treeInResult(name)
        : {
            path: optionName(name, known),
            what:
              `the option ${showOption(name, known)} is unknown; known are ` +
              `${(origin === 'forRoot' ? known : RUNTIME_NAMES).join(', ')}.`,
            fix: origin === 'forRoot' ? unknownOptionFix(name, known) : unknownInResult(name, known),
          },
    );
}

/**
 * Checks the options of `forRootAsync`.
 * @returns one error for each option that is not read at that place, and one for a missing factory
 */
export function faultsOfAsyncOptions(options: unknown): ConfigError[] {
  if (!isObject(options)) {
    return [
      { path: 'forRootAsync', what: `its options are ${showValue(options)}, not an object.`, fix: ASYNC_EXAMPLE },
    ];
  }
  const faults = Object.keys(options)
    .filter((name) => !ASYNC_NAMES.includes(name))
    .map((name) => misplacedAsync(name));
  const { useFactory, inject } = options;
  if (typeof useFactory !== 'function') {
    const what = `it is ${showValue(useFactory)}, not a function that returns the options.`;
    faults.push({ path: 'useFactory', what, fix: ASYNC_EXAMPLE });
  }
  if (inject !== undefined && !Array.isArray(inject)) {
    faults.push({ path: 'inject', what: `it is ${showValue(inject)}, not a list of tokens.`, fix: ASYNC_EXAMPLE });
  }
  return faults;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notAnObject(options: unknown, origin: OptionsOrigin): ConfigError {
  if (origin === 'forRoot') {
    const fix = 'TrackingModule.forRoot({ backends: { tracking_logs: backend(LoggerBackend) } })';
    return { path: 'forRoot', what: `its options are ${showValue(options)}, not an object.`, fix };
  }
  const what = `it returned ${showValue(options)}, not an object of options.`;
  return { path: 'useFactory', what, fix: 'useFactory: (config: ConfigService) => ({ ... }), or {} for the defaults' };
}

/**
 * Reports an option of the tree in the result of the factory. Nest assembles the modules of the
 * tree before it calls the factory, so the option would be ignored.
 */
function treeInResult(name: string): ConfigError {
  return {
    path: name,
    what: `it is in the result of useFactory, where it would be ignored: Nest puts its modules together before it calls the factory.`,
    fix:
      `give it beside useFactory, not in its result: forRootAsync({ inject, useFactory, ${exampleOf(name)} }). ` +
      'Options that need a provider: backend(LoggerBackend, { inject: [ConfigService], useFactory: (config) => ({ ... }) })',
  };
}

function exampleOf(name: string): string {
  if (name === 'name') return "name: 'audit'";
  return name === 'processors' || name === 'imports' ? `${name}: [...]` : `${name}: { ... }`;
}

function unknownInResult(name: string, known: readonly string[]): string {
  const near = nearOption(name, known);
  if (near === undefined || !TREE_NAMES.includes(near)) return unknownOptionFix(name, known);
  return `did you mean ${near}? Give it beside useFactory, not in its result: forRootAsync({ inject, useFactory, ${exampleOf(near)} })`;
}

function misplacedAsync(name: string): ConfigError {
  if (RUNTIME_NAMES.includes(name)) {
    const what = `it is beside useFactory, where it would be ignored.`;
    return {
      path: name,
      what,
      fix: `return it from useFactory: forRootAsync({ useFactory: () => ({ ${name}: ... }) })`,
    };
  }
  const known = [...ASYNC_NAMES, ...RUNTIME_NAMES];
  const path = optionName(name, [...known, 'useClass', 'useExisting', 'isGlobal']);
  if (name === 'useClass' || name === 'useExisting') {
    const what = 'only useFactory is read here, so this would be ignored.';
    return { path, what, fix: 'inject: [MyOptions], useFactory: (options: MyOptions) => options.create()' };
  }
  if (name === 'isGlobal' || name === 'global') {
    return { path, what: 'the module is always global, and has no such option.', fix: 'leave it out' };
  }
  const what = `the option ${showOption(name, known)} is unknown; known are ${ASYNC_NAMES.join(', ')}.`;
  return { path, what, fix: unknownOptionFix(name, known) };
}
