/** As guards and session middleware leave it. What middleware on Fastify has put on the raw request is not on Fastify's own. */
export interface PassedRequest {
  readonly raw?: PassedRequest | undefined;
  readonly user?: unknown;
  readonly session?: { readonly id?: unknown; readonly sessionId?: unknown } | null | undefined;
  readonly sessionID?: unknown;
}

/** The names under which users have their id and their name: asked for as they stand here, which is faster than by a list. */
interface KnownUser {
  readonly id?: unknown;
  /** Of a document of MongoDB that is a plain object. */
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

/** The id of the user, or the user itself if a guard has set a string or a number there. */
export function userId(request: object): unknown {
  const given = givenUser(request);
  if (typeof given !== 'object' || given === null) return isUserId(given) ? given : undefined;
  const user: KnownUser = given;
  return scalarOf(user.id ?? user._id ?? user.user_id ?? user.userId ?? user.sub);
}

/** A guard may set the id itself as the user. `true` says only that there is a user. */
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

/** An ObjectId is its text; an object that has none is no id. */
function textOf(value: { toString(): string }): string | undefined {
  const text = value.toString();
  return text.startsWith('[object ') ? undefined : text;
}

export function isScalar(value: unknown): value is string | number | boolean | bigint {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint';
}
