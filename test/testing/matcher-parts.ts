import { stripVTControlCharacters } from 'node:util';
import { compiled } from './compiled';

/** A learner who answers twice, with a video between. */
export async function aLearner() {
  const run = await compiled();
  const { tracker } = run;
  tracker.context({ user_id: 7, course: { id: 'DemoX' } }, () => {
    tracker.emit('problem_check', { attempts: 1, answers: ['x', { kind: 'free' }], at: new Date(0), fee: 5n });
    tracker.emit('play_video', { code: 'hls' });
    tracker.emit('problem_check', { attempts: 2, success: true });
  });
  return run;
}

/** The text of the failure, as it stands in a log. */
export function failure(assertion: () => unknown): string {
  try {
    assertion();
  } catch (error) {
    return stripVTControlCharacters((error as Error).message);
  }
  throw new Error('the assertion holds');
}

export const text = (...lines: string[]) => lines.join('\n');

export const IN_ORDER = [
  'Tracked, in order:',
  "  1. problem_check { attempts: 1, answers: [ 'x', { kind: 'free' } ], at: 1970-01-01T00:00:00.000Z,…",
  "  2. play_video { code: 'hls' }",
  '  3. problem_check { attempts: 2, success: true }',
];
