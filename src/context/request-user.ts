/**
 * The request as guards and session middleware leave it. On Fastify, properties set by middleware
 * on the raw request are not on Fastify's own request.
 */
export interface PassedRequest {
  readonly raw?: PassedRequest | undefined;
  readonly user?: unknown;
  readonly session?: { readonly id?: unknown; readonly sessionId?: unknown } | null | undefined;
  readonly sessionID?: unknown;
}

/**
 * Properties under which users have their id and their name. They are read by name, which is faster
 * than iterating over a list.
 */
interface KnownUser {
  readonly id?: unknown;
  /** Id of a MongoDB document that is a plain object. */
  readonly _id?: unknown;
  readonly user_id?: unknown;
  readonly userId?: unknown;
  readonly sub?: unknown;
  readonly username?: unknown;
  readonly preferred_username?: unknown;
  readonly name?: unknown;
}

function userOf(request: object): KnownUser | undefined {
  const user = givenUser(request);
  return typeof user === 'object' && user !== null ? user : undefined;
}

function givenUser(request: object): unknown {
  const passed = request as PassedRequest;
  return passed.user ?? passed.raw?.user;
}

/**
 * Returns the id of the user, or the user itself if a guard has set a string or a number as user.
 */
export function userId(request: object): unknown {
  const given = givenUser(request);
  if (typeof given !== 'object' || given === null) return isUserId(given) ? given : undefined;
  const user: KnownUser = given;
  return scalarOf(user.id ?? user._id ?? user.user_id ?? user.userId ?? user.sub);
}

/**
 * True if the user is itself an id, because a guard may set one. `true` only says that there is a
 * user.
 */
function isUserId(given: unknown): boolean {
  if (typeof given === 'number') return Number.isFinite(given);
  return typeof given === 'bigint' || (typeof given === 'string' && given !== '');
}

export function username(request: object): unknown {
  const user = userOf(request);
  return user === undefined ? undefined : scalarOf(user.username ?? user.preferred_username ?? user.name);
}

function scalarOf(value: unknown): unknown {
  return value === undefined || value === null || isScalar(value) ? value : textOf(value);
}

/**
 * Returns an object as a string, such as an ObjectId. Undefined if `toString` returns only `[object
 * …]`: such an object is not an id.
 */
function textOf(value: { toString(): string }): string | undefined {
  const text = value.toString();
  return text.startsWith('[object ') ? undefined : text;
}

export function isScalar(value: unknown): value is string | number | boolean | bigint {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint';
}
