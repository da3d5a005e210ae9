import fc from 'fast-check';
import { Lives } from './balanced-lives';
import { config, step } from './life-steps';

describe('The books of a destination', () => {
  it('balance at every moment, whatever it does; every event ends once, and remaining events are recovered', async () => {
    await fc.assert(
      fc.asyncProperty(config, fc.array(step, { minLength: 3, maxLength: 30 }), async (settings, steps) => {
        const lives = new Lives(settings);
        try {
          await lives.start();
          for (const next of steps) await lives.run(next);
          await lives.conclude();
        } finally {
          await lives.close();
        }
      }),
      { numRuns: Number(process.env['BOOKS_RUNS'] ?? 60), interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);
});
