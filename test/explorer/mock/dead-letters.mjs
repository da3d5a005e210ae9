const STEP_MS = 120;

const matching = (state, { path, reason, id }) =>
  state.letters.filter(
    (letter) =>
      (path === undefined || letter.path === path) &&
      (reason === undefined || letter.reason === reason) &&
      (id === undefined || letter.id === id),
  );

export function groupsOf(state) {
  const groups = new Map();
  for (const { path, reason, at, canRedrive } of state.letters) {
    const key = `${path}\n${reason}`;
    const group = groups.get(key) ?? { path, reason, count: 0, redrivable: 0, oldestAt: at, newestAt: at };
    groups.set(key, {
      ...group,
      count: group.count + 1,
      redrivable: group.redrivable + (canRedrive ? 1 : 0),
      oldestAt: at < group.oldestAt ? at : group.oldestAt,
      newestAt: at > group.newestAt ? at : group.newestAt,
    });
  }
  return { groups: [...groups.values()].sort((a, b) => b.count - a.count), total: state.letters.length };
}

export function listOf(state, { path, reason, limit, before }) {
  const letters = matching(state, { path, reason }).toReversed();
  const from = before ? letters.findIndex(({ id }) => id === before) + 1 : 0;
  return { letters: letters.slice(from, from + limit), total: letters.length };
}

export function planOf(state, verb, action) {
  const letters = matching(state, action).filter(({ canRedrive }) => verb === 'purge' || canRedrive);
  const paths = [...new Set(letters.map(({ path }) => path))];
  return {
    count: letters.length,
    destinations: paths.map((path) => ({
      path,
      count: letters.filter((letter) => letter.path === path).length,
      note:
        verb === 'purge'
          ? 'They are removed for good.'
          : path === 'lrs'
            ? 'The circuit breaker is open: they wait in the queue until the server answers.'
            : path === 'catalog:rejected'
              ? 'They are validated again and go through the whole tree.'
              : 'The destination is healthy: they are sent at once.',
    })),
  };
}

/** Starts a job that handles the letters little by little. */
export function startJob(state, verb, action) {
  const letters = new Set(matching(state, action).filter(({ canRedrive }) => verb === 'purge' || canRedrive));
  const job = {
    id: `job-${state.jobs.length + 1}`,
    action: verb,
    ...(action.path && { path: action.path }),
    done: 0,
    of: letters.size,
    state: 'running',
  };
  state.jobs.push(job);
  const share = Math.max(1, Math.ceil(letters.size / 25));
  const timer = setInterval(() => {
    const some = new Set([...letters].slice(0, share));
    for (const letter of some) letters.delete(letter);
    state.letters = state.letters.filter((letter) => !some.has(letter));
    job.done += some.size;
    if (letters.size > 0) return;
    job.state = 'done';
    clearInterval(timer);
  }, STEP_MS);
  return job;
}
