import type { INestApplicationContext } from '@nestjs/common';
import type { ViolationCount } from '../catalog/tracking-violations';
import { TrackerService } from '../tracker/tracker.service';
import { trackerOf, type SourceOptions } from './tracked-events';
import { ViolationsFoundException } from './violations-found.exception';

/**
 * Fails the test if any event of the application violates the catalog. Deprecated events do not
 * count as violations.
 * @param source an application, a testing module, or its tracker
 * @throws ViolationsFoundException with all of them, each with where it is emitted
 */
export function expectNoViolations(
  source: INestApplicationContext | TrackerService,
  { tracker: name }: Pick<SourceOptions, 'tracker'> = {},
): void {
  const tracker = source instanceof TrackerService ? source : trackerOf(source, name);
  const found = tracker.violations.list().filter(isWrong);
  if (found.length > 0) throw ViolationsFoundException.create(found);
}

function isWrong({ kind }: ViolationCount): boolean {
  return kind !== 'deprecated';
}
