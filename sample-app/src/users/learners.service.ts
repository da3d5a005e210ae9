import { setImmediate as nextTurn } from 'node:timers/promises';
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

/** What the platform knows of its learners. In place of a database, or of another service: whoever asks has to wait. */
@Injectable()
export class LearnersService {
  async find(userId: unknown): Promise<Learner | undefined> {
    await nextTurn();
    return LEARNERS.get(userId);
  }
}

@Module({ providers: [LearnersService], exports: [LearnersService] })
export class LearnersModule {}
