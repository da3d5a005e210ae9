/** The tree of the mock: path, class, processors, and how its events fare. */
export const TREE = [
  {
    path: '',
    name: 'default',
    parent: undefined,
    kind: 'RoutingBackend',
    processors: ['processors[0] (ContextDefaults)', 'processors[1] (Redact)'],
  },
  {
    path: 'bus',
    name: 'bus',
    parent: '',
    kind: 'EventBusBackend',
    processors: ['processors[0] (NameAllowlist)'],
    end: true,
  },
  {
    path: 'caliper',
    name: 'caliper',
    parent: '',
    kind: 'AsyncRoutingBackend',
    processors: ['processors[0] (RegexFilter)'],
  },
  {
    path: 'caliper/mongo',
    name: 'mongo',
    parent: 'caliper',
    kind: 'MongoBackend',
    processors: ['processors[0] (CaliperTransform)'],
    end: true,
  },
  { path: 'caliper/segment', name: 'segment', parent: 'caliper', kind: 'SegmentBackend', processors: [], end: true },
  {
    path: 'lrs',
    name: 'lrs',
    parent: '',
    kind: 'LrsBackend',
    processors: ['processors[0] (XapiTransform)'],
    end: true,
  },
  { path: 'tracking_logs', name: 'tracking_logs', parent: '', kind: 'LoggerBackend', processors: [], end: true },
];

export const ENDS = TREE.filter(({ end }) => end).map(({ path }) => path);

export const REFUSED = 'refused: status 422 Unprocessable Entity: actor.account.name is missing';
export const ATTEMPTS = 'attempts';

/** First state of an event at each end, and what it becomes. */
export function fateOf(path, event, random) {
  const violates = event.violations > 0;
  switch (path) {
    case 'tracking_logs':
      return { first: { state: 'delivered' } };
    case 'bus':
      return event.name.startsWith('edx.')
        ? { first: { state: 'stored' }, last: { state: 'delivered' } }
        : { first: { state: 'filtered', reason: 'processors[0] (NameAllowlist)' } };
    case 'caliper/mongo':
      return random.chance(0.02)
        ? { first: { state: 'queued' }, last: { state: 'dropped', reason: 'processor-failed' } }
        : { first: { state: 'queued' }, last: { state: 'delivered' } };
    case 'caliper/segment':
      return event.actor === undefined
        ? { first: { state: 'dropped', reason: 'no-user' } }
        : { first: { state: 'queued' }, last: { state: 'delivered' } };
    default:
      if (violates || random.chance(0.06))
        return { first: { state: 'queued' }, last: { state: 'dead', reason: REFUSED } };
      return random.chance(0.25)
        ? { first: { state: 'queued' }, last: { state: 'retrying', reason: 'status 503' } }
        : { first: { state: 'queued' }, last: { state: 'delivered' } };
  }
}
