/** Decisions about values. */
import { hasClash, hasOddKeys, isLongInteger, isNotFinite, isTag, leavesTheCalendar, OUR_OWN_KINDS } from './content';
import type { Decision } from './decisions';
import { anywhere, below, errorsAt, events, fewerFailures } from './explanations';
import { isTagged } from './values';
import { isDigits, isJsonForm, isMapForm, isNullForNumber, valuesOf } from './value-forms';

export const valueDecisions: readonly Decision[] = [
  {
    number: '0017',
    title: 'a value that cannot be read is replaced',
    kind: 'a value that cannot be copied',
    concerns: ({ values }) => values.some((value) => isTag(value, 'uncopyable')),
    explains: [
      errorsAt('emit'),
      valuesOf(isJsonForm),
      events('extra', anywhere),
      fewerFailures('processor', 'backend'),
    ],
  },
  {
    number: '0020',
    title: 'what is not a finite number is null',
    kind: 'a number that is not finite',
    concerns: ({ values }) => values.some(isNotFinite),
    explains: [valuesOf(isNullForNumber)],
  },
  {
    number: '0021',
    title: 'a time outside the calendar is written',
    kind: 'a time that leaves the years 1 to 9999 in UTC',
    concerns: ({ values }) =>
      values.some((value) => isTag(value, 'datetime') && leavesTheCalendar(String(value.value))),
    explains: [events('extra', anywhere), fewerFailures('backend', 'mongo')],
  },
  {
    number: '0022',
    title: 'clashing keys become pairs',
    kind: 'keys that are one as text',
    concerns: ({ values }) => values.some((value) => isTag(value, 'map') && hasClash(value.entries)),
    explains: [valuesOf(isMapForm)],
  },
  {
    number: '0023',
    title: 'every value has a JSON form',
    kind: 'a value that JSON cannot hold',
    concerns: ({ values }) =>
      values.some(
        (value) =>
          isTagged(value) &&
          (OUR_OWN_KINDS.includes(value.$type) || (value.$type === 'map' && hasOddKeys(value.entries))),
      ),
    explains: [
      valuesOf(isJsonForm),
      events('extra', below('logger', 'mongo', 'event_bus', 'async_routing', 'segment')),
      fewerFailures('backend', 'mongo'),
    ],
  },
  {
    number: '0122',
    title: 'a long integer of the bus is a string',
    kind: 'an integer beyond 2^53 - 1',
    concerns: ({ values }) => values.some(isLongInteger),
    explains: [valuesOf(isDigits)],
  },
];
