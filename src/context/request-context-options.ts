/**
 * Change to one field of the request context. false omits the field, a string renames it, and a
 * function adds or replaces it. The function is called at each emit and must be synchronous.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Express's type or Fastify's
export type RequestField = false | string | ((request: any) => unknown);

/**
 * Behavior for an event emitted in the flow of a request whose response has ended: keep, mark or
 * drop the context of the request.
 */
export type AfterResponse = 'keep' | 'mark' | 'drop';

export interface RequestContextOptions {
  /**
   * Routes that get a request context, in the form that Nest's `forRoutes` accepts.
   * @default every route
   */
  readonly forRoutes?: readonly (string | object)[] | undefined;
  /**
   * Routes that get no request context, in the form that Nest's `exclude` accepts.
   * @default []
   */
  readonly exclude?: readonly (string | object)[] | undefined;
  /**
   * Changes to the fields, by name: see `RequestField`.
   * @default {}
   */
  readonly fields?: Readonly<Record<string, RequestField>> | undefined;
  /**
   * Context of an event that is emitted in the flow of a request whose response has ended. Usually
   * it is work that the request has started. But the flow may also belong to a connection or
   * emitter that several requests share, and then the event may belong to another request. Each
   * such event is counted as `uncertainContexts` in the ledger, unless `tracker.bind` states its
   * flow.
   *
   * - 'keep': the context of the request.
   * - 'mark': the same with `uncertain_context: true`.
   * - 'drop': nothing of the request, only contexts entered in scopes opened since.
   *
   * @default 'keep', with one warning
   */
  readonly afterResponse?: AfterResponse | undefined;
  /**
   * Fields, by old or new name, that are written as a keyed hash (HMAC-SHA-256, 32 hex digits) of
   * their value.
   * @default none
   */
  readonly hash?: { readonly fields: readonly string[]; readonly key: string } | undefined;
}
