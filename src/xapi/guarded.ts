import type { EventSource } from './learning-event';
import { LearningMappingException } from './mapping.exception';

/**
 * Runs a function of the application. Its error may quote the event, so only its name is shown.
 * @param what the function, as the configuration names it
 */
export function guarded<T>(source: EventSource, what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof LearningMappingException) throw error;
    throw source.error(`${what} threw ${error instanceof Error ? error.name : 'a value that is not an error'}`);
  }
}
