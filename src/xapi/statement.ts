/**
 * xAPI statements, as far as this library makes them
 * (https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Data.md).
 */

/** Text by language tag: `{ en: 'registered' }`. */
export type LanguageMap = Readonly<Record<string, string>>;

/** Values by IRI. */
export type XapiExtensions = Readonly<Record<string, unknown>>;

/** Account of a user at a home page. */
export interface XapiAccount {
  /** Id of the user there. */
  readonly name: string;
  /** URL of the system that knows the account. */
  readonly homePage: string;
}

/** Who did something. It has exactly one of `account`, `mbox`, `mbox_sha1sum` and `openid`. */
export interface XapiActor {
  readonly objectType: 'Agent';
  readonly name?: string | undefined;
  readonly account?: XapiAccount | undefined;
  /** E-mail address with `mailto:`. */
  readonly mbox?: string | undefined;
  /** SHA-1 of an e-mail address, 40 hexadecimal digits. */
  readonly mbox_sha1sum?: string | undefined;
  readonly openid?: string | undefined;
}

export interface XapiVerb {
  readonly id: string;
  readonly display?: LanguageMap | undefined;
}

export interface XapiActivityDefinition {
  readonly type?: string | undefined;
  readonly name?: LanguageMap | undefined;
  readonly description?: LanguageMap | undefined;
  readonly moreInfo?: string | undefined;
  readonly interactionType?: string | undefined;
  readonly extensions?: XapiExtensions | undefined;
}

export interface XapiActivity {
  readonly id: string;
  /** `GroupActivity` is Open edX's type for a problem with several questions. */
  readonly objectType?: 'Activity' | 'GroupActivity' | undefined;
  readonly definition?: XapiActivityDefinition | undefined;
}

export interface XapiScore {
  readonly scaled?: number | undefined;
  readonly raw?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface XapiResult {
  readonly score?: XapiScore | undefined;
  readonly success?: boolean | undefined;
  readonly completion?: boolean | undefined;
  readonly response?: string | undefined;
  /** ISO 8601 duration: `PT03M15S`. */
  readonly duration?: string | undefined;
  readonly extensions?: XapiExtensions | undefined;
}

export interface XapiContextActivities {
  readonly parent?: readonly XapiActivity[] | undefined;
  readonly grouping?: readonly XapiActivity[] | undefined;
  readonly category?: readonly XapiActivity[] | undefined;
  readonly other?: readonly XapiActivity[] | undefined;
}

export interface XapiContext {
  readonly registration?: string | undefined;
  readonly platform?: string | undefined;
  readonly language?: string | undefined;
  readonly statement?: { readonly objectType: 'StatementRef'; readonly id: string } | undefined;
  readonly contextActivities?: XapiContextActivities | undefined;
  readonly extensions?: XapiExtensions | undefined;
}

/** One statement, ready to be sent to an LRS as JSON. */
export interface Statement {
  /** UUID. The same event always gets the same id. */
  readonly id: string;
  readonly actor: XapiActor;
  readonly verb: XapiVerb;
  readonly object: XapiActivity;
  readonly result?: XapiResult | undefined;
  readonly context?: XapiContext | undefined;
  /** ISO 8601 time with its zone; absent if the event has no time. */
  readonly timestamp?: string | undefined;
  /** Version of xAPI: `1.0.3` or `2.0.0`. */
  readonly version: string;
}
