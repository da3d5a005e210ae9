import { runSoak } from '../../bench/soak/run-soak.mjs';
import * as core from '../../src/entries';
import { AddContext } from '../../src/processors/add-context';
import { Dedupe } from '../../src/processors/dedupe';
import { DropFields } from '../../src/processors/drop-fields';
import { Enrich } from '../../src/processors/enrich';
import { RateLimit } from '../../src/processors/rate-limit';
import { Redact } from '../../src/processors/redact';
import { RenameEvent } from '../../src/processors/rename-event';
import { Sample } from '../../src/processors/sample';
import { startTracking } from '../support/start-tracking';

const library = { ...core, AddContext, Dedupe, DropFields, Enrich, RateLimit, Redact, RenameEvent, Sample };

describe('A tree with every shipped processor', () => {
  // `npm run soak` does it a million times.
  it.each([1, 2, 3])(
    'takes values of every kind: no throw, no secret let through, every event in the books, every line whole (seed %i)',
    async (seed) => {
      const { faults, counts, nodes } = await runSoak({
        library,
        seed,
        events: 1000,
        steps: 4,
        // Tests share their heap with Jest: growth is what `npm run soak` looks at.
        maxGrowthBytes: Number.POSITIVE_INFINITY,
        start: async (tree) => {
          const { tracker, app } = await startTracking({
            ...tree,
            logger: { log: ignore, warn: ignore, error: ignore },
          });
          return { tracker, close: () => app.close() };
        },
      });

      expect(faults).toEqual([]);
      expect(counts.emitted).toBeGreaterThanOrEqual(1000);
      // Hostile enough to mean something: most kinds of replacement, and every reason to drop an
      // event by wish but one.
      expect(Object.keys(counts.replaced).length).toBeGreaterThanOrEqual(7);
      const reasons = new Set(nodes.flatMap(({ dropped }) => Object.keys(dropped)));
      expect([...reasons].sort()).toEqual(['duplicate', 'filtered', 'rate-limited', 'sampled']);
    },
    60_000,
  );
});

function ignore(): void {}
