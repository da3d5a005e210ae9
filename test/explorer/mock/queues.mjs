const ago = (ms) => new Date(Date.now() - ms).toISOString();

/** `GET api/queues` */
export const QUEUES = () => [
  {
    ...{ kind: 'bull', path: 'caliper', role: 'queue', names: ['tracking'] },
    ...{ waiting: 1_204, active: 8, delayed: 12, failed: 3, workers: 2 },
    ...{ oldestAt: ago(42_000), lookedAt: ago(1_500) },
    counts: { accepted: 89_324, 'put in': 89_320, 'waiting here': 4, unsettled: 1_212, emptied: 0 },
  },
  {
    ...{ kind: 'redis-streams', path: 'bus', role: 'queue', names: ['analytics'] },
    ...{ depth: 96_400, lag: 0, active: 0, workers: 3, oldestAt: ago(86_400_000), lookedAt: ago(900) },
    counts: { accepted: 96_400, 'put in': 96_400, 'waiting here': 0 },
  },
  {
    ...{ kind: 'kafka', path: 'grades', role: 'consumer', names: ['analytics', 'grades'] },
    ...{ depth: 1_300_000, lag: 18_233, workers: 1, lookedAt: ago(2_100) },
    parts: [
      { name: 'analytics:0', depth: 650_000, lag: 18_000 },
      { name: 'analytics:1', depth: 640_000, lag: 233 },
      { name: 'grades:0', depth: 10_000, lag: 0 },
    ],
    counts: { received: 1_204_800, settled: 1_204_794, duplicates: 0, 'dead-lettered': 6, returned: 0, 'in hand': 0 },
  },
  {
    ...{ kind: 'redis-streams', path: 'reports', role: 'consumer', names: ['analytics'] },
    error: {
      message: 'It did not answer: no answer within 2000 ms.',
      fix: 'See that its Redis runs, and check its address and password.',
    },
    counts: { received: 12, settled: 12, duplicates: 0, 'dead-lettered': 0, returned: 0, 'in hand': 0 },
  },
  {
    ...{ kind: 'memory', path: 'lrs', role: 'queue', names: [], waiting: 48_211, active: 50 },
    counts: { accepted: 50_000, 'put in': 1_739, 'waiting here': 48_261, received: 1_789, settled: 1_739 },
  },
];
