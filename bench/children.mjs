// Processes that a bench asks questions, over the channel that fork opens.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Resolves once it has said that it is ready, with what it said. */
export async function startChild(script, args, env = {}) {
  const child = fork(script, args.map(String), {
    // For a profile of each child: BENCH_NODE_ARGS="--cpu-prof --cpu-prof-dir=profiles"
    execArgv: ['--expose-gc', ...(process.env.BENCH_NODE_ARGS?.split(' ') ?? [])], // not this process's own: with `node -e`, each child would run that code and fork again
    env: { ...process.env, NODE_ENV: 'production', ...env },
  });
  return { child, said: await answerOf(child) };
}

/** One question at a time. */
export async function ask(child, question) {
  const answer = answerOf(child);
  child.send(question);
  return answer;
}

/**
 * It leaves by itself then. Resolves once it is gone: one that still closes would take the jobs of
 * the next.
 */
export async function leave(child) {
  if (!child.connected) return;
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

async function answerOf(child) {
  const given = new AbortController();
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal: given.signal }),
      once(child, 'exit', { signal: given.signal }).then(([code, signal]) => {
        throw new Error(`the child ended (${signal ?? code}) instead of answering`);
      }),
    ]);
    return answer;
  } finally {
    given.abort();
  }
}
