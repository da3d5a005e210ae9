import { backendOptionChecker } from '../routing/backend-options';
import type { OptionRules } from '../common/option-place';
import { flag, functionRule, number, optionsOf } from '../common/option-rules';
import { httpUrl } from '../backends/http/http-options';
import type { XapiActorChoice } from './actor';
import type { ResolverCacheOptions } from './bounded-cache';
import { XAPI_MAPPING_RULES } from './check-xapi-options';
import { ENDPOINT_RULES, type EndpointOptions } from './endpoint';
import type { LearningEvent } from './learning-event';
import type { XapiMapping } from './xapi-options';

export interface XapiBackendOptions extends XapiMapping, EndpointOptions {
  /** URL of the LRS, to which `/statements` is added: `https://lrs.example/xAPI`. */
  readonly url: string | URL;
  /**
   * Returns who did it. It may be asynchronous, and is called once for each user while its answer
   * is kept. If it rejects, the events of this user are sent again later.
   * @default the user_id or username of the event, as the name of an account at `rootUrl`
   */
  readonly actor?:
    | ((event: LearningEvent, user: string) => XapiActorChoice | undefined | Promise<XapiActorChoice | undefined>)
    | undefined;
  /** Returns the name of a course. It may be asynchronous, like `actor`.  @default no names */
  readonly courseName?: ((courseId: string) => string | undefined | Promise<string | undefined>) | undefined;
  /** How long answers of `actor` and `courseName` are kept, and how many. */
  readonly cache?: ResolverCacheOptions | undefined;
  /**
   * True to ask the LRS to take the valid statements of a batch and to report the others, with
   * `?partialSuccess=true`. Ralph 5.1 and later can do it.
   * @default false: a refused batch is halved
   */
  readonly partialSuccess?: boolean | undefined;
}

const cache: OptionRules<ResolverCacheOptions> = {
  maxEntries: number({ min: 1, isWhole: true }),
  ttlMs: number({ min: 0, unit: 'milliseconds' }),
  timeoutMs: number({ above: 0, unit: 'milliseconds' }),
};

/** Rules for the options about users and courses that both backends have. */
export const RESOLVER_RULES = {
  actor: functionRule({ fix: 'actor: (event, user) => user' }),
  courseName: functionRule({ fix: 'courseName: (courseId) => names.get(courseId)' }),
  cache: optionsOf(cache),
};

const RULES: OptionRules<XapiBackendOptions> = {
  url: httpUrl({ isRequired: true }),
  ...XAPI_MAPPING_RULES,
  ...RESOLVER_RULES,
  partialSuccess: flag(),
  ...ENDPOINT_RULES,
};

/** @throws TrackingConfigException with all errors */
export function checkXapiBackendOptions(options: XapiBackendOptions): void {
  const check = backendOptionChecker(
    'XapiBackend',
    "backend(XapiBackend, { url: 'https://lrs.example/xAPI', rootUrl: 'https://lms.example' })",
  );
  check.read(options, RULES);
  check.throwIfAny();
}
