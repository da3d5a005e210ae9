/** Decisions about names, processors and plain backends. */
import {
  entryOf,
  hasOddLogOptions,
  hasOddNames,
  isEvent,
  isFilter,
  isListOfNames,
  losesName,
  namesOddly,
  returnsNoEvent,
  setsOddName,
} from './content';
import type { Decision } from './decisions';
import {
  anywhere,
  behind,
  brokenEvents,
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
import { changesBeforeFailures, changesByBackends } from './leaks';
import { isMapping, isTruthy } from './values';

const isTextOfName: Explanation = ({ kind, eventPath = [], expected, got }) =>
  kind === 'value' && eventPath.join() === 'name' && typeof expected !== 'string' && typeof got === 'string';

const isRestoredName: Explanation = ({ kind, eventPath = [], expected }) =>
  kind === 'value' && eventPath.join() === 'name' && !isTruthy(expected);

/** Pino's level that the reference does not have. */
const startsWithTrace: Explanation = (difference, facts) =>
  starts(difference, facts) && facts.backends.some(({ level }) => String(level).toLowerCase() === 'trace');

/** Whether the names that may go over the bus are no list, or not all of them text. */
function allowsOddly(settings: unknown): boolean {
  const names = isMapping(settings) ? settings['allowed_names'] : undefined;
  return names !== undefined && (!isListOfNames(names) || namesOddly(names));
}

/** A name that a processor or a backend compares with one that is not text. */
const isComparedOddly: Explanation = ({ kind }, { processors, backends }) =>
  ['value', 'extra', 'missing', 'failures'].includes(kind) &&
  [...processors, ...backends].some(({ when_name: name }) => name !== undefined && typeof name !== 'string');

export const processingDecisions: readonly Decision[] = [
  {
    number: '0016',
    title: 'names are text',
    kind: 'a name that is not text',
    concerns: ({ steps, processors }) =>
      hasOddNames(steps) || processors.some((each) => setsOddName(each) || namesOddly(each.names)),
    explains: [isTextOfName, refusals(/\bnames contains\b/), isLateRefusal('register_processor'), isComparedOddly],
  },
  {
    number: '0018',
    title: 'filters fail closed',
    kind: 'a filter that meets what is not an event with a name',
    concerns: ({ steps, processors }) =>
      processors.some(isFilter) &&
      (hasOddNames(steps) ||
        processors.some(
          (each) => setsOddName(each) || losesName(each) || (each.kind === 'return_value' && !isEvent(each.value)),
        )),
    explains: [events('any', behind(isFilter)), isTextOfName, fewerFailures('processor'), moreFailures('processor')],
  },
  {
    number: '0019',
    title: 'a text is not a list of expressions',
    kind: 'a text where a list belongs',
    concerns: ({ processors }) =>
      processors.some(({ expressions, names }) => typeof expressions === 'string' || typeof names === 'string'),
    explains: [refusals(/\b(names|regularExpressions) is a string\b/), isLateRefusal('register_processor')],
  },
  {
    number: '0024',
    title: 'no size limit unless set',
    kind: 'a logger without a size limit of its own',
    concerns: ({ backends }) =>
      backends.some(({ kind, max_event_size }) => kind === 'logger' && max_event_size === undefined),
    explains: [],
  },
  {
    number: '0025',
    title: 'only an event replaces an event',
    kind: 'a processor result that is not an event, falsy ones included',
    concerns: ({ processors }) => processors.some(returnsNoEvent),
    explains: [
      inBrokenEvents,
      brokenEvents,
      events('any', behind(returnsNoEvent)),
      errorsAt('emit'),
      fewerFailures('processor', 'backend', 'mongo'),
      moreFailures('processor', 'backend'),
    ],
  },
  {
    number: '0026',
    title: 'a failed processor leaves no trace',
    kind: 'a processor that changes the event and then fails',
    concerns: ({ processors }) => processors.some(({ kind }) => kind === 'set_then_fail'),
    explains: [changesBeforeFailures],
  },
  {
    number: '0027',
    title: 'an event always has a name',
    kind: 'an event whose name a processor takes away, or that has none on the bus',
    concerns: ({ processors, steps }) =>
      processors.some(losesName) || steps.map(entryOf).some((entry) => entry && !isTruthy(entry['name'])),
    explains: [
      inBrokenEvents,
      isRestoredName,
      events('extra', anywhere),
      errorsAt('emit'),
      fewerFailures('processor', 'backend'),
      moreFailures('backend'),
    ],
  },
  {
    number: '0028',
    title: 'siblings do not share an event',
    kind: 'a backend that changes the event before its siblings have it',
    concerns: ({ siblings }) =>
      siblings.some((level) => level.length > 1 && level.some(({ then_set }) => then_set !== undefined)),
    explains: [changesByBackends],
  },
  {
    number: '0124',
    title: 'a list of names is a list',
    kind: 'a mapping, or what is no collection at all, where a list of names or expressions belongs',
    concerns: ({ processors, settings }) =>
      allowsOddly(settings['event_bus']) ||
      processors.some(({ names, expressions }) =>
        [names, expressions].some((list) => list !== undefined && typeof list !== 'string' && !isListOfNames(list)),
      ),
    explains: [
      refusals(/\b(names|regularExpressions|allowedEvents) (is|contains)\b/),
      isLateRefusal('register_processor'),
    ],
  },
  {
    number: '0125',
    title: 'a logger has only levels that write',
    kind: 'a level that is another attribute of a logger, or a size that is no number from 0 up',
    concerns: ({ backends }) => backends.some((each) => each.kind === 'logger' && hasOddLogOptions(each)),
    explains: [refusals(/\b(level|maxEventBytes)\b/), startsWithTrace, isLateRefusal('register_backend')],
  },
];
