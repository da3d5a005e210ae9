import type { INestApplication, MiddlewareConsumer, ModuleMetadata } from '@nestjs/common';
import type { TrackerService } from '../../../src/entries';

/**
 * An event of a user, as the applications of these tests emit it: `who` is the user it belongs to.
 */
export interface Owned {
  readonly who: number;
}

/** What a way can do in a running application. */
export interface Drive {
  readonly app: INestApplication;
  readonly tracker: TrackerService;
  readonly port: number;
  /** Sends a request of one user, and resolves with the text of its answer. */
  as(user: number, path: string, options?: { readonly method?: string; readonly body?: string }): Promise<string>;
}

/**
 * A way in which the event of one user might come to carry another's name: a platform's, a
 * library's, an application's. To add one, write it in ways/ and name it in ways/index.ts.
 */
export interface Way extends ModuleMetadata {
  readonly title: string;
  /** What its events are called; no other way has any of that name. */
  readonly event: string;
  /** How many events it makes. */
  readonly count: number;
  /** Whether each carries its own user; else those that do not say that they may be another's. */
  readonly isOwn: boolean;
  /** Whether a client that goes away has to unsubscribe the stream of its handler. */
  readonly needsUnsubscribe?: boolean;
  /** Middleware of a module of its own. */
  readonly configure?: (consumer: MiddlewareConsumer) => void;
  /** Called before the application is built. */
  readonly open?: () => Promise<void>;
  /** Called before the application listens. */
  readonly prepare?: (app: INestApplication) => unknown;
  /** Sends requests of users 1 to 3, and resolves when all is done. */
  readonly act: (drive: Drive) => Promise<void>;
  /** To be called when the application is closed. */
  readonly close?: () => unknown;
}

export const USERS = [1, 2, 3] as const;

/** One after the other, so that the first one opens whatever they share. */
export async function inTurns(act: (user: number) => Promise<unknown>): Promise<void> {
  for (const user of USERS) await act(user);
}

/** What a test's guard has put on the request. */
export interface UserRequest {
  readonly user: { readonly id: number };
}
