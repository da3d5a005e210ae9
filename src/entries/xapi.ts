export { toXapi } from '../xapi/to-xapi';
export { LearningMappingException } from '../xapi/mapping.exception';
export { XapiBackend } from '../xapi/xapi.backend';
export { openEdxRows } from '../xapi/open-edx-rows';
export type { XapiMapping, XapiOptions } from '../xapi/xapi-options';
export type { XapiActorChoice, XapiActorResolver } from '../xapi/actor';
export type { XapiBackendOptions } from '../xapi/xapi-backend-options';
export type { EndpointAuth, EndpointOptions } from '../xapi/endpoint';
export type { ResolverCacheOptions } from '../xapi/bounded-cache';
export type { LearningEvent } from '../xapi/learning-event';
export type {
  StatementDraft,
  StatementTools,
  XapiActivityRow,
  XapiContextRow,
  XapiExpression,
  XapiFunctionName,
  XapiOverride,
  XapiResultRow,
  XapiRow,
  XapiStatements,
  XapiText,
  XapiVerbRow,
} from '../xapi/row';
export type {
  LanguageMap,
  Statement,
  XapiAccount,
  XapiActivity,
  XapiActivityDefinition,
  XapiActor,
  XapiContext,
  XapiContextActivities,
  XapiExtensions,
  XapiResult,
  XapiScore,
  XapiVerb,
} from '../xapi/statement';
