import type { InjectionToken } from '@nestjs/common';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything, checked, flag, nameList, number, optionsOf, value } from '../common/option-rules';
import type { ConfigError } from '../common/tracking-config.exception';
import { showKind } from '../common/show-value';
import { isFunction, isObject, isText } from '../common/value-kinds';
import type { RedactOptions } from '../processors/redact';
import type { ExplorerActions, ExplorerModuleOptions } from './explorer-options';
import type { ExplorerChannel } from './shared/explorer-channel';

/** The options of the explorer, with their defaults. */
export interface ExplorerSettings {
  /** Names of the trackers to show; undefined for all. */
  readonly trackers: readonly string[] | undefined;
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly redact: RedactOptions | undefined;
  readonly actions: { readonly redrive: boolean; readonly purge: boolean };
  readonly shared: ExplorerChannel | undefined;
  /** True unless NODE_ENV is `production`. */
  readonly isDevelopment: boolean;
}

export const EXPLORER_SETTINGS: InjectionToken<ExplorerSettings> = Symbol('EXPLORER_SETTINGS');

const EXAMPLE = "TrackingExplorerModule.forRoot({ path: 'tracking', guards: [AdminGuard] })";

const ACTIONS: OptionRules<ExplorerActions> = { redrive: flag(), purge: flag() };

const RULES: OptionRules<ExplorerModuleOptions> = {
  path: value('the path of a page', (given) => isText(given) && /^\/?[\w-]+(\/[\w-]+)*$/.test(given), {
    fix: "path: 'tracking'",
  }),
  guards: value('a list of guards', (given) => Array.isArray(given) && given.every(isGuard), {
    fix: 'guards: [AdminGuard]',
  }),
  trackers: nameList({ fix: 'leave it out to show all trackers' }),
  maxEvents: number({ min: 1, isWhole: true }, { fix: 'leave it out (500)' }),
  maxBytes: number({ min: 1, isWhole: true, unit: 'bytes' }, { fix: 'leave it out (16777216)' }),
  // Redact checks its own options.
  redact: anything(),
  actions: optionsOf(ACTIONS, { fix: 'actions: { redrive: true, purge: true }' }),
  shared: checked(
    'a channel',
    (given, place) => {
      if (!isObject(given) || !isFunction(given['open'])) place.reject(showKind(given), 'a channel');
    },
    { fix: "shared: redisChannel('redis://localhost:6379')" },
  ),
  imports: value('a list of modules', Array.isArray, { fix: 'imports: [AuthModule]' }),
};

/**
 * Checks options.
 * @param further errors that were found elsewhere, reported with those of the options
 * @throws TrackingConfigException with all errors
 */
export function readSettings(options: ExplorerModuleOptions, further: readonly ConfigError[] = []): ExplorerSettings {
  const check = new OptionChecker('TrackingExplorerModule', { example: EXAMPLE });
  const given = check.read(options, RULES);
  check.errors.push(...further);
  check.throwIfAny();
  const { trackers, maxEvents = 500, maxBytes = 16_777_216, redact, actions = {}, shared } = given;
  const isDevelopment = process.env['NODE_ENV'] !== 'production';
  const { redrive = isDevelopment, purge = isDevelopment } = actions;
  return { trackers, maxEvents, maxBytes, redact, actions: { redrive, purge }, shared, isDevelopment };
}

/** True for a class or an instance of a guard. */
function isGuard(given: unknown): boolean {
  return isFunction(given) || (isObject(given) && isFunction(given['canActivate']));
}
