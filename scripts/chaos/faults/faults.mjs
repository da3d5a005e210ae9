// @ts-check
// Which fault can be had with which backend.
import { clock, directory, gracePeriod, poison } from './of-a-process.mjs';
import { deadlyEvents, redisFull, topic, trim, twoVersions } from './of-a-broker.mjs';

const DESTINATIONS = ['segment', 'mongo', 'postgres'];

/** `inject` makes the fault `rounds` times and resolves when everything has closed. */
export const FAULTS = {
  clock: { inject: clock, backends: ['segment'] },
  directory: { inject: directory, backends: ['segment'] },
  'grace-period': { inject: gracePeriod, backends: ['segment'] },
  poison: {
    inject: (run, how) => (run.way === 'segment' ? poison : deadlyEvents)(run, how),
    backends: ['segment', 'redis-streams', 'kafka'],
  },
  'redis-full': { inject: redisFull, backends: ['bull'] },
  'two-versions': { inject: twoVersions, backends: ['bull'] },
  trim: { inject: trim, backends: ['redis-streams'] },
  topic: { inject: topic, backends: ['kafka'] },
};

/** Ways in which events follow a transaction of PostgreSQL. */
export const TRANSACTIONS = ['held', 'outbox'];

/** KILL and TERM, with which applications are stopped at random moments, can be had with all. */
export const BACKENDS = [...DESTINATIONS, 'bull', 'redis-streams', 'kafka', ...TRANSACTIONS];
