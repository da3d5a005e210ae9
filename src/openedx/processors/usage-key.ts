/**
 * Usage keys of Open edX, which identify a block of a course: `block-v1:` and its variants for
 * libraries and custom courses, and the older `i4x://`.
 */

const PART = String.raw`[\p{L}\p{N}_\-~.:]+`;
const VERSION = 'version@[a-f0-9]{24}';
const COURSE = String.raw`${PART}\+${PART}\+${PART}\+`;
const BRANCH_AND_VERSION = String.raw`(?:branch@${PART}\+)?(?:${VERSION}\+)?`;

/** A course, or the version of one. */
const BLOCK = new RegExp(
  String.raw`^block-v1:(?:${COURSE}|(?=(?:branch@${PART}\+)?version@))${BRANCH_AND_VERSION}(?:type@${PART}\+)?block@(?<block>${PART})$`,
  'u',
);
const CUSTOM_COURSE = new RegExp(
  String.raw`^ccx-block-v1:${COURSE}${BRANCH_AND_VERSION}ccx@\d+\+type@${PART}\+block@(?<block>${PART})$`,
  'u',
);
const LIBRARY = new RegExp(
  String.raw`^lib-block-v1:${PART}\+${PART}\+${BRANCH_AND_VERSION}type@${PART}\+block@(?<block>${PART})$`,
  'u',
);
const LIBRARY_V2 = /^lb:[\p{L}\p{N}_\-.]+:[\p{L}\p{N}_\-.]+:[\p{L}\p{N}_\-.]+:[\p{L}\p{N}_\-.]+$/u;
const OLD =
  /^i4x:\/\/(?<org>[\p{L}\p{N}_.%-]+)\/(?<course>[\p{L}\p{N}_.%-]+)\/(?<type>[^/]+)\/(?<block>[\p{L}\p{N}_\-~.:%]+)(?:@[\p{L}\p{N}_\-~.:%]+)?$/u;
const NOT_IN_HTML = /[^\p{L}\p{N}_-]+/gu;

/** Longest key that is read; keys of real blocks have about 100 characters. */
const MAX_LENGTH = 1000;

/**
 * Returns the id under which a page has the block of a usage key: the block's own id, or for an old
 * key its parts, joined by dashes.
 * @returns undefined if it is not a usage key
 */
export function htmlId(key: unknown): string | undefined {
  if (typeof key !== 'string' || key.length > MAX_LENGTH) return undefined;
  const found = BLOCK.exec(key) ?? CUSTOM_COURSE.exec(key) ?? LIBRARY.exec(key);
  if (found !== null) return found.groups?.['block'];
  if (LIBRARY_V2.test(key)) return key;
  const old = OLD.exec(key)?.groups;
  if (old === undefined) return undefined;
  const { org = '', course = '', type = '', block = '' } = old;
  return ['i4x', org, course, type, block].join('-').replace(NOT_IN_HTML, '_').replace(/_+/g, '_');
}
