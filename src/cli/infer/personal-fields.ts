import type { FieldProfile } from './field-profile';
import { personalText } from './text-profile';

export type PersonalKind = 'email' | 'ip' | 'phone' | 'username' | 'name' | 'address' | 'birth' | 'secret';

/**
 * Wildcard step: an item of a list, or the value of any key. `Steps` lead down from a part of the
 * event.
 */
export const ANY = Symbol('*');
export type Steps = readonly (string | typeof ANY)[];

export interface PersonalField {
  readonly steps: Steps;
  readonly kind: PersonalKind;
}

const BY_WORD: readonly (readonly [kind: PersonalKind, words: RegExp])[] = [
  ['secret', /^(password|passwd|pwd|passphrase|secret|token|apikey|authorization|cookie|csrf|csrftoken|sessionid)$/],
  ['email', /^(email|emails|mail)$/],
  ['ip', /^(ip|ips|ipaddress|ipv4|ipv6)$/],
  ['phone', /^(phone|phones|phonenumber|telephone|mobile|msisdn)$/],
  ['username', /^(username|nickname|screenname|login)$/],
  ['name', /^(firstname|lastname|fullname|surname|forename|displayname)$/],
  ['address', /^(street|postcode|zipcode|zip|postal)$/],
  ['birth', /^(birth|birthday|birthdate|dob)$/],
];
const NAMES_OF_PEOPLE = /^(user|first|last|full|given|family|middle|maiden|nick|display|real|screen|legal|preferred)$/;
const PEOPLE =
  /^(users?|learners?|students?|persons?|people|customers?|authors?|profiles?|contacts?|members?|owners?|staff|instructors?|teachers?|employees?)$/;
const THINGS =
  /^(modules?|blocks?|xblocks?|courses?|problems?|units?|sections?|chapters?|sequences?|verticals?|videos?|components?|libraries|library|collections?|items?|products?|pages?|lessons?|tasks?|steps?|tags?|categor(?:y|ies)|fields?|questions?|quiz|exams?|assessments?|badges?|certificates?|projects?|files?|folders?|repositor(?:y|ies)|repo|apps?|services?|channels?|topics?|roles?|organi[sz]ations?|compan(?:y|ies)|schools?|teams?|cohorts?|events?|plans?|features?)$/;
/** Words after which a key only describes the personal value: `email_sent`, `token_count`. */
const ABOUT_IT =
  /^(sent|count|counts|length|size|type|types|valid|verified|confirmed|changed|status|enabled|hint|expires|expiry|at|version|kind|domain|template|subject|opened)$/;
const NO_ADDRESS_OF_PEOPLE = /^(web|url|memory|mac|site|page|bus|contract|block)$/;

/**
 * Guesses the personal fields of the events of a name, from the names of keys and the form of
 * strings.
 */
export function findPersonal(profile: FieldProfile): PersonalField[] {
  const found: PersonalField[] = [];
  collect(profile, [], undefined, found);
  return found;
}

function collect(profile: FieldProfile, steps: Steps, parent: string | undefined, found: PersonalField[]): void {
  const key = lastKey(steps);
  const kind = (key === undefined ? undefined : kindOf(key, parent, profile)) ?? kindOfTexts(profile);
  if (kind !== undefined) {
    found.push({ steps, kind });
    return;
  }
  for (const [name, field] of profile.fields ?? []) collect(field, [...steps, name], key, found);
  if (profile.values !== undefined) collect(profile.values, [...steps, ANY], key, found);
  if (profile.items !== undefined) collect(profile.items, [...steps, ANY], key, found);
}

/**
 * Returns the paths of maps whose keys are personal: a path can mark the value of a key, but not
 * the key.
 */
export function mapsWithPersonalKeys(profile: FieldProfile, path: string): string[] {
  const fields = [...(profile.fields ?? [])].flatMap(([name, field]) => mapsWithPersonalKeys(field, `${path}.${name}`));
  const below = [profile.values, profile.items].flatMap((each) =>
    each === undefined ? [] : mapsWithPersonalKeys(each, `${path}.*`),
  );
  return [...(profile.hasPersonalKeys ? [path] : []), ...fields, ...below];
}

function lastKey(steps: Steps): string | undefined {
  return steps.findLast((step) => step !== ANY);
}

function kindOf(key: string, parent: string | undefined, profile: FieldProfile): PersonalKind | undefined {
  const words = wordsOf(key);
  const kind = kindOfWords(words, parent, profile);
  if (kind === undefined) return undefined;
  const holds = holdings(profile);
  if (holds.texts) return kind;
  if (holds.numbers) return kind === 'phone' || kind === 'birth' || kind === 'secret' ? kind : undefined;
  return holds.objects && (kind === 'address' || kind === 'secret') ? kind : undefined;
}

function kindOfWords(
  words: readonly string[],
  parent: string | undefined,
  profile: FieldProfile,
): PersonalKind | undefined {
  const last = words.at(-1);
  if (last === undefined || ABOUT_IT.test(last)) return undefined;
  if (last === 'name') {
    const owner = words.at(-2);
    if (isOfThing(owner, parent)) return undefined;
    if (owner !== undefined) return NAMES_OF_PEOPLE.test(owner) ? (owner === 'user' ? 'username' : 'name') : undefined;
    const isOfPerson = parent !== undefined && wordsOf(parent).some((word) => PEOPLE.test(word));
    return isOfPerson && profile.texts.choices() === undefined ? 'name' : undefined;
  }
  if (isOfThing(last, parent)) return undefined;
  if (words.length === 1 && last === 'session') return 'secret';
  const joined = words.join('');
  if (joined === 'sessionid' || joined === 'sessionkey' || joined === 'apikey') return 'secret';
  for (const [kind, pattern] of BY_WORD) if (words.some((word) => pattern.test(word))) return kind;
  const isAddress = last === 'address' && !words.some((word) => NO_ADDRESS_OF_PEOPLE.test(word));
  return isAddress ? 'address' : undefined;
}

/**
 * Returns true for a name of a thing: modules and courses have a display name too. An unknown owner
 * is treated as a person.
 */
function isOfThing(word: string | undefined, parent: string | undefined): boolean {
  if (word === undefined || parent === undefined || !/^(display|displayname|full|fullname)$/.test(word)) return false;
  const words = wordsOf(parent);
  return THINGS.test(words.at(-1) ?? '') && !words.some((each) => PEOPLE.test(each));
}

/** Splits a key into words: `userName`, `user_name` and `user-name` have the same two words. */
function wordsOf(key: string): string[] {
  return key
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean);
}

/** Returns the types of values at a place, or in the lists there. */
function holdings({ texts, integers, fractions, objects, items }: FieldProfile): {
  texts: boolean;
  numbers: boolean;
  objects: boolean;
} {
  const below = items === undefined ? undefined : holdings(items);
  return {
    texts: texts.count > 0 || below?.texts === true,
    numbers: integers + fractions > 0 || below?.numbers === true,
    objects: objects > 0 || below?.objects === true,
  };
}

function kindOfTexts({ texts }: FieldProfile): PersonalKind | undefined {
  const { personal, count } = texts;
  return (['email', 'ip', 'phone'] as const).find((kind) => personal[kind] > 0 && personal[kind] * 2 >= count);
}

/** Formats the path for a definition; undefined for one that cannot be written. */
export function personalPath(prefix: string, { steps }: PersonalField): string | undefined {
  if (steps.includes('')) return undefined;
  const keys = steps.map((step) => (step === ANY ? '*' : step.replace(/[\\.*[\]]/g, '\\$&')));
  return [...(prefix === '' ? [] : [prefix]), ...keys].join('.');
}

const INSTEAD: Readonly<Record<PersonalKind, string>> = {
  email: 'learner@example.com',
  ip: '192.0.2.1',
  phone: '+1 555 0100',
  username: 'learner',
  name: 'A. Learner',
  address: '1 Example Street',
  birth: '2000-01-01',
  secret: '[redacted]',
};

/**
 * Replaces personal values in an example with others of their type. A real event is the best
 * example, but personal data must not be committed to a repository.
 */
export function withoutPersonal(
  value: unknown,
  fields: readonly PersonalField[],
  isDateTime: (text: string) => boolean,
): unknown {
  return replaced(value, fields, undefined);

  function replaced(at: unknown, meant: readonly PersonalField[], within: PersonalKind | undefined): unknown {
    const kind = within ?? meant.find(({ steps }) => steps.length === 0)?.kind;
    if (typeof at === 'string') {
      const own = kind ?? personalText(at); // a single personal string among others
      if (own === undefined) return at;
      return isDateTime(at) ? '2000-01-01T00:00:00.000Z' : INSTEAD[own];
    }
    if (typeof at === 'number') return kind === undefined ? at : kind === 'birth' ? 2000 : 0;
    if (typeof at !== 'object' || at === null) return at;
    if (Array.isArray(at)) return at.map((item) => replaced(item, below(meant, ANY), kind));
    const entries = Object.entries(at).map(([key, each], place): [string, unknown] => {
      const own = personalText(key);
      const name = own === undefined ? key : `${INSTEAD[own]}${place === 0 ? '' : ` ${String(place)}`}`;
      return [name, replaced(each, below(meant, key), kind)];
    });
    return Object.fromEntries(entries);
  }
}

function below(fields: readonly PersonalField[], step: string | typeof ANY): PersonalField[] {
  return fields.flatMap(({ steps, kind }) =>
    steps.length > 0 && (steps[0] === step || steps[0] === ANY) ? [{ steps: steps.slice(1), kind }] : [],
  );
}
