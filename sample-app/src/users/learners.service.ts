import { setImmediate as nextTick } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';

export interface Learner {
  readonly country: string;
  readonly language: string;
}

const LEARNERS: ReadonlyMap<unknown, Learner> = new Map([
  [101, { country: 'FR', language: 'fr' }],
  [102, { country: 'KE', language: 'en' }],
  [900, { country: 'CH', language: 'de' }],
]);

/** Simulates a database or another service with an asynchronous lookup. */
@Injectable()
export class LearnersService {
  async find(userId: unknown): Promise<Learner | undefined> {
    await nextTick();
    return LEARNERS.get(userId);
  }
}

@Module({ providers: [LearnersService], exports: [LearnersService] })
export class LearnersModule {}
