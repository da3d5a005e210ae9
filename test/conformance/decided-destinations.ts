/** Decisions about destinations: Segment, document stores, queues and the event bus. */
import { entryOf, hasSegment, isOddAddressPart, isUnreadable, isUnstorable } from './content';
import type { Decision } from './decisions';
import {
  below,
  errorsAt,
  events,
  fewerFailures,
  isBelow,
  moreFailures,
  starts,
  type Explanation,
} from './explanations';
import type { CaseFacts } from './facts';
import { changesBeforeQueues, changesOnTheBus, idsOfStores } from './leaks';
import { isMapping, microseconds } from './values';
import { isJsonForm, valuesOf } from './value-forms';

/** For steps that bring no entry. */
const READABLE = { data: '{}', context: '{}', timestamp: '2024-01-02T03:04:05Z' };

/** The name that a message in a queue has, and the retries of the task that looks it up. */
const isAddress: Explanation = ({ kind, place }) =>
  kind === 'address' || (kind === 'unproducible' && place === 'task_failures');

/** A queue, and what is below it. */
const isServedByQueue = below('async_routing');

/**
 * What the reference serves in the place of a queue: the root's backend of that name, and a queue
 * below a queue, from the worker.
 */
function isServedElsewhere(node: string, { nodes }: CaseFacts): boolean {
  const queues = nodes.filter(({ backend }) => backend.kind === 'async_routing');
  return queues.some(
    ({ path, backend: { backend_name: name } }) =>
      (path !== name && typeof name === 'string' && isBelow(node, name)) || (path !== node && isBelow(node, path)),
  );
}

function isBelowNestedBus(node: string, { nodes }: CaseFacts): boolean {
  return nodes.some(({ name, path, backend }) => backend.kind === 'event_bus' && path !== name && isBelow(node, path));
}

/** What the processors of a backend of the bus do to what it sends. */
const isProcessedForBus: Explanation = ({ kind, part, eventPath = [] }, { nodes }) => {
  if (part !== 'bus_messages') return false;
  if (kind !== 'value') return kind === 'extra' || kind === 'missing';
  const processors = nodes.flatMap(({ backend }) => (backend.kind === 'event_bus' ? (backend.processors ?? []) : []));
  return processors.some(
    ({ kind: does, path = [] }) =>
      does === 'return_value' || (does === 'append' ? eventPath[0] === 'data' : eventPath[0] === path[0]),
  );
};

const isSameTimeOnBus: Explanation = ({ kind, part, eventPath = [], expected, got }) =>
  part === 'bus_messages' &&
  kind === 'value' &&
  eventPath[0] === 'timestamp' &&
  microseconds(String(expected)) !== undefined &&
  microseconds(String(expected)) === microseconds(String(got));

const isEmptyContext: Explanation = ({ kind, eventPath = [], expected, got }) =>
  kind === 'value' && eventPath.join() === 'context' && expected === null && isMapping(got);

/** Segment answers 200 to it, and drops it. */
const isCallWithoutUser: Explanation = ({ kind, part, expected }) =>
  part === 'segment_calls' && kind === 'missing' && isMapping(expected) && expected.user_id === '';

export const destinationDecisions: readonly Decision[] = [
  {
    number: '0043',
    title: 'segment needs no client',
    kind: 'a Segment client that is not installed',
    concerns: ({ settings, backends }) => settings.segment_missing === true && hasSegment(backends),
    explains: [events('extra', below('segment'))],
  },
  {
    number: '0044',
    title: 'an address is made of text',
    kind: 'a host or a path for Segment that is not text',
    concerns: ({ steps, backends }) =>
      hasSegment(backends) &&
      steps.some(({ context }) => isMapping(context) && [context.host, context.path].some(isOddAddressPart)),
    explains: [events('extra', below('segment')), fewerFailures('backend')],
  },
  {
    number: '0050',
    title: 'a document has the id of its event',
    kind: 'a document store beside other backends',
    concerns: ({ siblings }) =>
      siblings.some((level) => level.length > 1 && level.some(({ kind }) => kind === 'mongo')),
    explains: [idsOfStores],
  },
  {
    number: '0051',
    title: 'what a store refuses is a dead letter',
    kind: 'a value that the reference cannot store',
    concerns: ({ backends, values }) => backends.some(({ kind }) => kind === 'mongo') && values.some(isUnstorable),
    explains: [valuesOf(isJsonForm), events('extra', below('mongo')), fewerFailures('backend', 'mongo')],
  },
  {
    number: '0052',
    title: 'the connection is the applications own',
    kind: 'credentials of a document store',
    concerns: ({ backends }) =>
      backends.some(
        ({ options }) => isMapping(options) && (options.user !== undefined || options.password !== undefined),
      ),
    explains: [starts],
  },
  {
    number: '0070',
    title: 'a queue is addressed by its path',
    kind: 'an asynchronous backend below the root, or one that gives another name than its own',
    concerns: ({ nodes }) =>
      nodes.some(
        ({ name, path, backend: { kind, backend_name } }) =>
          kind === 'async_routing' && (backend_name !== name || path !== name),
      ),
    explains: [
      isAddress,
      events('extra', isServedByQueue),
      events('missing', isServedElsewhere),
      moreFailures('processor', 'backend'),
      fewerFailures('processor', 'backend'),
    ],
  },
  {
    number: '0071',
    title: 'processors before a queue have an event of their own',
    kind: 'an asynchronous backend whose processors change the event, beside others',
    concerns: ({ siblings }) =>
      siblings.some(
        (level) =>
          level.length > 1 &&
          level.some(({ kind, processors = [] }) => kind === 'async_routing' && processors.length > 0),
      ),
    explains: [changesBeforeQueues],
  },
  {
    number: '0080',
    title: 'processors protect the bus',
    kind: 'a backend of the bus that has processors, and sends',
    concerns: ({ backends, steps }) =>
      backends.some(({ kind, processors = [] }) => kind === 'event_bus' && processors.length > 0) &&
      steps.some(({ op }) => op === 'emit'),
    explains: [isProcessedForBus, fewerFailures('backend'), moreFailures('processor')],
  },
  {
    number: '0081',
    title: 'each node of the bus has an event of its own',
    kind: 'several backends of the bus that receive',
    concerns: ({ backends, steps }) =>
      backends.filter(({ kind }) => kind === 'event_bus').length > 1 && steps.some(({ op }) => op === 'bus_deliver'),
    explains: [changesOnTheBus],
  },
  {
    number: '0082',
    title: 'any ISO time can go over the bus',
    kind: 'a time given as text to a backend of the bus',
    concerns: ({ backends, processors }) =>
      backends.some(({ kind }) => kind === 'event_bus') && processors.some(({ path }) => path?.[0] === 'timestamp'),
    explains: [isSameTimeOnBus, events('extra', below('event_bus')), fewerFailures('backend')],
  },
  {
    number: '0123',
    title: 'a nested node of the bus receives',
    kind: 'a backend of the bus below the root that receives',
    concerns: ({ nodes, steps }) =>
      nodes.some(({ name, path, backend }) => backend.kind === 'event_bus' && path !== name) &&
      steps.some((step) => entryOf(step) !== undefined),
    explains: [events('extra', isBelowNestedBus), moreFailures('processor', 'backend')],
  },
  {
    number: '0126',
    title: 'what cannot be read from the bus is a dead letter',
    kind: 'an entry of the bus that is no event',
    concerns: ({ steps }) =>
      steps.some((step) => isUnreadable(entryOf(step) ?? READABLE) || entryOf(step)?.['context'] === 'null'),
    explains: [errorsAt('bus_deliver'), isEmptyContext, events('missing', below('event_bus'))],
  },
  {
    number: '0152',
    title: 'what segment drops is not sent',
    kind: 'an empty user id for Segment',
    concerns: ({ steps, backends }) =>
      hasSegment(backends) && steps.some(({ context }) => isMapping(context) && context.user_id === ''),
    explains: [isCallWithoutUser],
  },
];
