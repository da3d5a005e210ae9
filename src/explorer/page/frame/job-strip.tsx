import type { JobState } from '../../api';
import { count, plural } from '../lib/format';
import { jobs } from '../state/jobs';
import { useStore } from '../state/store';

const WORDS = { redrive: ['Redriving', 'redriven'], purge: ['Purging', 'purged'] } as const;

/** Progress of redrives and purges, in every view. */
export function JobStrip() {
  const all = useStore(jobs);
  if (all.length === 0) return null;
  return (
    <section class="jobs" aria-label="Running actions">
      {all.map((job) => (
        <Job key={job.id} job={job} />
      ))}
    </section>
  );
}

function Job({ job: { action, path, done, of, state, error } }: { readonly job: JobState }) {
  const [doing, did] = WORDS[action];
  const where = path === undefined ? '' : ` of ${path}`;
  const words = {
    running: `${doing} dead letters${where}: ${count(done)} of ${count(of)}`,
    done: `${plural(done, 'dead letter')}${where} ${did}.`,
    failed: `${doing} stopped after ${count(done)} of ${count(of)}: ${error ?? 'unknown error'}`,
  }[state];
  return (
    <div class="job" data-state={state}>
      <span role={state === 'running' ? undefined : 'status'}>{words}</span>
      <progress
        max={Math.max(1, of)}
        value={state === 'done' ? Math.max(1, of) : done}
        aria-label={`${doing} dead letters`}
      />
    </div>
  );
}
