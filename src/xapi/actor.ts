import { createHash } from 'node:crypto';
import type { EventSource, LearningEvent } from './learning-event';
import { fieldReader } from './learning-event';
import type { XapiActor } from './statement';

/**
 * How a user appears in statements: the name of an account at `rootUrl`, an account elsewhere, an
 * e-mail address, or its SHA-1. `mbox` may have `mailto:` in front; `mbox_sha1sum` may be an
 * address, which is then hashed.
 */
export type XapiActorChoice =
  | string
  | { readonly account: { readonly name: string; readonly homePage?: string | undefined }; readonly name?: string }
  | { readonly mbox: string; readonly name?: string }
  | { readonly mbox_sha1sum: string; readonly name?: string }
  | { readonly openid: string; readonly name?: string };

/** Returns who did it. `user` is the id or the name of the user, as the event has it. */
export type XapiActorResolver = (event: LearningEvent, user: string) => XapiActorChoice | undefined;

const USER_FIELDS = ['data.user_id', 'data.username', 'user_id', 'username'].map(fieldReader);

/** The user of an event, as text. @throws LearningMappingException if it has none */
export function userOf(source: EventSource): string {
  for (const read of USER_FIELDS) {
    const user = read(source);
    if (typeof user === 'string') return user;
    if (typeof user === 'number') return String(user);
  }
  throw source.error('it has no user_id and no username');
}

/** @throws LearningMappingException for a choice that is no actor */
export function actorFrom(choice: XapiActorChoice | undefined, rootUrl: string, source: EventSource): XapiActor {
  const objectType = 'Agent';
  if (typeof choice === 'string' && choice !== '') return { objectType, account: { name: choice, homePage: rootUrl } };
  if (typeof choice !== 'object') throw source.error('actor() returned no actor for its user');
  const name = typeof choice.name === 'string' ? { name: choice.name } : {};
  if ('account' in choice) {
    const { name: id, homePage = rootUrl } = choice.account;
    return { objectType, ...name, account: { name: id, homePage } };
  }
  if ('mbox' in choice) {
    return { objectType, ...name, mbox: choice.mbox.startsWith('mailto:') ? choice.mbox : `mailto:${choice.mbox}` };
  }
  if ('mbox_sha1sum' in choice) return { objectType, ...name, mbox_sha1sum: hashed(choice.mbox_sha1sum) };
  return { objectType, ...name, openid: choice.openid };
}

/** Open edX hashes the address without `mailto:` (docs/decisions/0341). */
function hashed(address: string): string {
  if (!address.includes('@')) return address;
  return createHash('sha1')
    .update(address.replace(/^mailto:/, ''))
    .digest('hex');
}
