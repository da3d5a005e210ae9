import type { INestApplicationContext } from '@nestjs/common';
import type { ViolationCount } from '../catalog/tracking-violations';
import { TrackerService } from '../tracker/tracker.service';
import { trackerOf, type SourceOptions } from './tracked-events';
import { ViolationsFoundException } from './violations-found.exception';

/**
 * Fails the test if an event of the application did not keep to the catalog. Deprecated events do: they are not counted.
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
