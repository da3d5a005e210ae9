/**
 * Traits of Python that cannot be had in JavaScript, or not on purpose:
 * docs/open-edx/differences.md.
 */
import { hasStoreKeys, isRegexFilter, losesField, OWN_FIELDS } from './content';
import {
  anywhere,
  behind,
  errorsAt,
  events,
  fewerFailures,
  inBrokenEvents,
  isLateRefusal,
  moreFailures,
  refusals,
  starts,
  type Explanation,
} from './explanations';
import type { CaseFacts } from './facts';
import { isTruthy } from './values';
import { isCutTime, isMapForm, isWithoutFraction, valuesOf } from './value-forms';

export interface Trait {
  readonly name: string;
  /** Whether the case does anything that leans on the trait. */
  readonly concerns: (facts: CaseFacts) => boolean;
  /** The differences that the trait can cause; one suffices. */
  readonly explains: readonly Explanation[];
}

const always = (): boolean => true;

/** In the order of ECMA-262: keys that are array indexes first, ascending. */
const isIndexOrder: Explanation = ({ kind, expected, got }) => {
  if (kind !== 'key-order') return false;
  const reordered = Object.keys(Object.fromEntries((expected as string[]).map((key) => [key, true])));
  return JSON.stringify(reordered) === JSON.stringify(got);
};

/** An empty collection counts as absent there. */
const isEmptyCollection: Explanation = ({ kind, eventPath = [], expected, got }) =>
  kind === 'value' &&
  ((eventPath.join() === 'name' && expected === 'unknown' && ['{}', '[]'].includes(String(got))) ||
    (eventPath.join() === 'data' && !isTruthy(expected) && !isTruthy(got)));

const isRestoredField: Explanation = ({ kind, eventPath = [], expected }) =>
  kind === 'value' && eventPath.length === 1 && OWN_FIELDS.includes(String(eventPath[0])) && !isTruthy(expected);

const isRefusedDocument: Explanation = ({ kind, part, expected }) =>
  part === 'documents' && kind === 'missing' && hasStoreKeys(expected);

const VALUE_TRAITS: readonly Trait[] = [
  { name: 'time-precision', concerns: always, explains: [valuesOf(isCutTime)] },
  { name: 'float-integer-distinction', concerns: always, explains: [valuesOf(isWithoutFraction)] },
  { name: 'non-text-keys', concerns: always, explains: [valuesOf(isMapForm)] },
  { name: 'integer-like-keys', concerns: always, explains: [isIndexOrder] },
  { name: 'truthiness', concerns: always, explains: [isEmptyCollection] },
  {
    name: 'event-shape',
    concerns: ({ processors }) => processors.some(losesField),
    explains: [
      inBrokenEvents,
      isRestoredField,
      events('extra', behind(losesField)),
      errorsAt('emit'),
      fewerFailures('processor', 'backend', 'mongo'),
    ],
  },
  {
    name: 'store-keys',
    concerns: ({ refusesKeys, values }) => refusesKeys && values.some(hasStoreKeys),
    explains: [isRefusedDocument, moreFailures('mongo')],
  },
];

const FATAL: Trait = {
  name: 'fatal-signals',
  concerns: ({ processors, backends }) =>
    processors.some(({ error }) => error === 'fatal') || backends.some(({ then_fail }) => then_fail === 'fatal'),
  explains: [
    errorsAt('emit', 'scope', 'thread', 'bus_deliver'),
    events('extra', anywhere),
    moreFailures('processor', 'backend'),
  ],
};

/** @param names for a construct that differs only for some names */
function matchingTrait(name: string, construct: RegExp, names = /(?:)/): Trait {
  return {
    name,
    concerns: (facts) => usesConstruct(construct)(facts) && facts.texts.some((each) => names.test(each)),
    explains: [events('any', behind(isRegexFilter))],
  };
}

function refusedTrait(name: string, construct: RegExp): Trait {
  return {
    name,
    concerns: usesConstruct(construct),
    explains: [refusals(/regularExpressions/), isLateRefusal('register_processor')],
  };
}

/** The expressions are looked at one by one. */
function usesConstruct(construct: RegExp): Trait['concerns'] {
  return ({ processors }) =>
    processors
      .flatMap(({ expressions }) => expressions)
      .some((each) => typeof each === 'string' && construct.test(each));
}

const EXPRESSION_TRAITS: readonly Trait[] = [
  refusedTrait('inline-flags', /\(\?[aiLmsux-]+[:)]/),
  refusedTrait('named-group-syntax', /\(\?P|\(\?\(/),
  matchingTrait('named-group-syntax', /\(\?P=|\(\?\(/),
  matchingTrait('unicode-classes', /\\[wWdDsSbB]/, /[^\0-\x7f]/),
  matchingTrait('unicode-case', /\(\?[a-z]*i/, /[^\0-\x7f]/),
  matchingTrait('dot-line-terminators', /\./, /[\r\u2028\u2029]/),
  matchingTrait('end-markers', /\$/, /\n$/),
  refusedTrait('open-count', /\{,/),
  refusedTrait('comment-syntax', /\(\?#/),
  { name: 'variable-lookbehind', concerns: usesConstruct(/\(\?<[=!]/), explains: [starts] },
  refusedTrait('expression-syntax', /[\]{}]|\\[0-7N]|[*+?}]\+/),
  {
    name: 'long-names',
    concerns: ({ texts }) => texts.some((each) => each.length > 1000),
    explains: [events('missing', behind(isRegexFilter))],
  },
];

export const traits: readonly Trait[] = [...VALUE_TRAITS, FATAL, ...EXPRESSION_TRAITS];
