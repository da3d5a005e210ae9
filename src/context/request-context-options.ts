/**
 * false leaves the field out, a text gives it another name, a function adds it or replaces it:
 * called at each emit, and synchronous.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an application reads its own request type, Express or Fastify
export type RequestField = false | string | ((request: any) => unknown);

/** What an event carries that is emitted in the flow of a request whose response is over. */
export type AfterResponse = 'keep' | 'mark' | 'drop';

export interface RequestContextOptions {
  /** Routes that get a request context, as Nest's `forRoutes` takes them.  @default every route */
  readonly forRoutes?: readonly (string | object)[] | undefined;
  /** Routes that get none, as Nest's `exclude` takes them.  @default [] */
  readonly exclude?: readonly (string | object)[] | undefined;
  /** Changes to the fields, by name: see `RequestField`.  @default {} */
  readonly fields?: Readonly<Record<string, RequestField>> | undefined;
  /**
   * What an event carries that is emitted in the flow of a request whose response is over. Mostly
   * it is work that the request has started; but the flow may also be that of a connection or
   * emitter which requests share, and then the request is not the event's own. Each such event is
   * counted as `uncertainContexts` in the ledger, unless `tracker.bind` says whose it is. 'keep':
   * the request's context. 'mark': the same with `uncertain_context: true`. 'drop': nothing of the
   * request, only what was entered in scopes opened since.  @default 'keep', with one warning
   */
  readonly afterResponse?: AfterResponse | undefined;
  /**
   * Fields, by old name or new, that are written as a keyed hash (HMAC-SHA-256, 32 hex digits) of
   * their value.  @default none
   */
  readonly hash?: { readonly fields: readonly string[]; readonly key: string } | undefined;
}
