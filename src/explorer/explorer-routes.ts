import { Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Explorer } from './explorer';
import type { ExploredTracker } from './explored-tracker';
import { failure, send, type Reply } from './explorer-reply';

/** Parameters of the query, as an adapter gives them. A repeated parameter is not a string. */
export type Query = Readonly<Record<string, unknown>>;

/** Reads a parameter of the query; undefined if it is missing or repeated. */
export function textOf(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' ? value : undefined;
}

/** Reads the parameter `limit`: a whole number from 1 to `max`. */
export function limitOf(query: Query, standard: number, max: number): number {
  const limit = Math.floor(Number(textOf(query, 'limit')));
  return limit >= 1 ? Math.min(limit, max) : standard;
}

/**
 * Base of the explorer's controllers. Guards, path and version are added by TrackingExplorerModule.
 *
 * Each route sends its answer itself, so that it is the same on every adapter and whatever
 * interceptors the application has.
 */
export abstract class ExplorerRoutes {
  constructor(
    @Inject(Explorer) protected readonly explorer: Explorer,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Answers with what `make` returns for the tracker that the query names. */
  protected async withTracker(
    query: Query,
    response: unknown,
    make: (tracker: ExploredTracker) => Reply | Promise<Reply>,
  ): Promise<void> {
    const found = this.trackerOf(query);
    this.answer(response, 'body' in found ? found : await make(found));
  }

  /** Returns the tracker that the query names, or the answer that there is none. */
  protected trackerOf(query: Query): ExploredTracker | Reply {
    const name = textOf(query, 'tracker');
    return this.explorer.tracker(name) ?? this.unknownTracker(name);
  }

  protected answer(response: unknown, reply: Reply): void {
    send(this.host.httpAdapter, response, reply);
  }

  private unknownTracker(name: string | undefined): Reply {
    const names = this.explorer
      .info()
      .trackers.map((tracker) => tracker.name)
      .join(', ');
    const fix = names === '' ? 'Import TrackingModule.forRoot.' : `Use one of: ${names}.`;
    return failure(404, name === undefined ? 'There is no tracker.' : `There is no tracker "${name}".`, fix);
  }
}
