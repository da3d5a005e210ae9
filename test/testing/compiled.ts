import { Test, type TestingModule } from '@nestjs/testing';
import { TrackerService } from '../../src/entries';
import { TrackingTestingModule, type TrackingTestingOptions } from '../../src/entries/testing';
import { closeLater } from '../support/start-tracking';

/** A module with the test kit's tracker, compiled and not started; closed after the test. */
export async function compiled(options?: TrackingTestingOptions): Promise<Compiled> {
  const module = await Test.createTestingModule({ imports: [TrackingTestingModule.forRoot(options)] }).compile();
  const tracker = closeLater(module).get(TrackerService);
  return { module, tracker };
}

export interface Compiled {
  readonly module: TestingModule;
  readonly tracker: TrackerService;
}

/** What a promise is rejected with; fails if it is not. */
export async function rejection<Failure extends Error>(promise: Promise<unknown>): Promise<Failure> {
  const ended = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in ended) return ended.error as Failure;
  throw new Error(`it resolved, with ${String(ended.value)}`);
}
