/**
 * Checks the names of the options of `forRoot` and `forRootAsync`, and of the result of
 * `useFactory`. An option that is never read is an error: misplaced `backends` would lose every
 * event silently.
 */
import { unknownOption } from '../common/option-place';
import {
  nearOption,
  optionName,
  showValue,
  unknownOptionFix,
  type ConfigError,
} from '../common/tracking-config.exception';
import { isFunction, isObject } from '../common/value-kinds';
import type { DescribedTracker } from '../intake/tracker-plan';
import { RUNTIME_RULES } from './runtime-option-rules';
import type { TestedRuntimeOptions } from './tracking-options';

const TREE: Readonly<Record<keyof DescribedTracker | 'name', true>> = {
  name: true,
  processors: true,
  backends: true,
  consumers: true,
  imports: true,
};
const TREE_NAMES = Object.keys(TREE);
const RUNTIME_NAMES = Object.keys(RUNTIME_RULES);
/** Options that only the test kit sets. */
const TEST_NAMES: readonly (keyof TestedRuntimeOptions)[] = ['ids', 'startsWhenBuilt', 'ignoresOutbox'];
const ASYNC_NAMES = ['inject', 'useFactory', ...TREE_NAMES];

const ROOT_EXAMPLE = 'TrackingModule.forRoot({ backends: { tracking_logs: backend(LoggerBackend) } })';
const RESULT_EXAMPLE = 'useFactory: (config: ConfigService) => ({ ... }), or {} for the defaults';
const ASYNC_EXAMPLE =
  'TrackingModule.forRootAsync({ inject: [ConfigService], ' +
  "useFactory: (config: ConfigService) => ({ enabled: config.get('TRACKING_ENABLED') !== 'false' }), backends: { ... } })";

/** Source of the runtime options of the module. */
export type OptionsOrigin = 'forRoot' | 'useFactory';

/**
 * Checks the option names of `forRoot` or of the result of `useFactory`.
 * @returns one error for each unknown option, or one if the options are not an object
 */
export function optionNameErrors(options: unknown, origin: OptionsOrigin): ConfigError[] {
  if (!isObject(options)) {
    const [what, fix] =
      origin === 'forRoot'
        ? [`the options are ${showValue(options)}; expected an object.`, ROOT_EXAMPLE]
        : [`it returned ${showValue(options)}; expected an object of options.`, RESULT_EXAMPLE];
    return [{ path: origin, what, fix }];
  }
  return Object.keys(options)
    .filter((name) => !RUNTIME_NAMES.includes(name) && !(TEST_NAMES as readonly string[]).includes(name))
    .map((name) => (origin === 'forRoot' ? unknownInRoot(name) : unknownInResult(name)));
}

/**
 * Checks the options of `forRootAsync`.
 * @returns one error for each option that is not read at that place, and one for a missing factory
 */
export function asyncOptionErrors(options: unknown): ConfigError[] {
  if (!isObject(options)) {
    const what = `the options are ${showValue(options)}; expected an object.`;
    return [{ path: 'forRootAsync', what, fix: ASYNC_EXAMPLE }];
  }
  const errors = Object.keys(options)
    .filter((name) => !ASYNC_NAMES.includes(name))
    .map((name) => misplacedInAsync(name));
  const { useFactory, inject } = options;
  if (!isFunction(useFactory)) {
    const what = `it is ${showValue(useFactory)}; expected a function that returns the options.`;
    errors.push({ path: 'useFactory', what, fix: ASYNC_EXAMPLE });
  }
  if (inject !== undefined && !Array.isArray(inject)) {
    const what = `it is ${showValue(inject)}; expected a list of tokens.`;
    errors.push({ path: 'inject', what, fix: ASYNC_EXAMPLE });
  }
  return errors;
}

function unknownInRoot(name: string): ConfigError {
  const known = [...RUNTIME_NAMES, ...TREE_NAMES];
  return { path: optionName(name, known), what: unknownOption(name, known), fix: unknownOptionFix(name, known) };
}

/**
 * Reports an option that the result of the factory cannot have. Nest assembles the modules of the
 * tree before it calls the factory, so an option of the tree would be ignored.
 */
function unknownInResult(name: string): ConfigError {
  const near = TREE_NAMES.includes(name) ? name : nearOption(name, [...RUNTIME_NAMES, ...TREE_NAMES]);
  if (near === undefined || !TREE_NAMES.includes(near))
    return { ...unknownInRoot(name), what: unknownOption(name, RUNTIME_NAMES) };
  const place = `next to useFactory, not in its result: forRootAsync({ inject, useFactory, ${exampleOf(near)} })`;
  const path = optionName(name, TREE_NAMES);
  if (near !== name)
    return { path, what: unknownOption(name, RUNTIME_NAMES), fix: `did you mean ${near}? Set it ${place}` };
  return {
    path,
    what: 'it is in the result of useFactory, where it would be ignored: Nest assembles its modules before it calls the factory.',
    fix:
      `set it ${place}. Options that need a provider: ` +
      'backend(LoggerBackend, { inject: [ConfigService], useFactory: (config) => ({ ... }) })',
  };
}

function exampleOf(name: string): string {
  if (name === 'name') return "name: 'audit'";
  return name === 'processors' || name === 'imports' ? `${name}: [...]` : `${name}: { ... }`;
}

function misplacedInAsync(name: string): ConfigError {
  if (RUNTIME_NAMES.includes(name)) {
    const fix = `return it from useFactory: forRootAsync({ useFactory: () => ({ ${name}: ... }) })`;
    return { path: name, what: 'it is next to useFactory, where it would be ignored.', fix };
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
  return { path, what: unknownOption(name, ASYNC_NAMES), fix: unknownOptionFix(name, known) };
}
