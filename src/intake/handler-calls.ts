import { setMaxListeners } from 'node:events';
import { describeError } from '../common/describe-error';
import type { TrackerScopes } from '../context/tracker-scopes';
import type { Envelope } from '../event/envelope';
import type { EventFields, TrackingEvent } from '../event/tracking-event';
import type { Processing } from '../routing/processing';

/** Method decorated with @OnTrackingEvent. */
export interface EventHandler {
  /** Class and method name: `ReportsService.onEnrolment`. */
  readonly place: string;
  readonly wants: (name: string) => boolean;
  readonly call: (event: TrackingEvent) => unknown;
}

export interface HandlerParts {
  readonly handlers: () => readonly EventHandler[];
  readonly scopes: TrackerScopes;
  readonly processing: Processing;
  readonly handlerAttempts: number;
}

/** Result of all attempts of one handler for one event. */
export type HandlerOutcome =
  { readonly kind: 'taken' | 'stopped' } | { readonly kind: 'failed'; readonly reason: string };

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5000;

/** Calls handlers of the application for events from a bus, again after a failure, until `stop`. */
export class HandlerCalls {
  private readonly ending = new AbortController();

  constructor(private readonly parts: HandlerParts) {
    setMaxListeners(0, this.ending.signal); // one listener for each call
  }

  /** Returns the handlers that want events of this name. */
  wanting(name: string): EventHandler[] {
    return this.parts.handlers().filter(({ wants }) => wants(name));
  }

  /** Ends the waits for handlers, and begins no further attempt. */
  stop(): void {
    this.ending.abort(new Error('the application is closing'));
  }

  /** Calls a handler until it has taken the event, or its attempts are used up. Never rejects. */
  async call(handler: EventHandler, envelope: Envelope): Promise<HandlerOutcome> {
    const { signal } = this.ending;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const isTaken = await this.orStopped(this.attempt(handler, envelope));
        return { kind: isTaken ? 'taken' : 'stopped' };
      } catch (error) {
        if (attempt >= this.parts.handlerAttempts)
          return { kind: 'failed', reason: `handler-failed: ${handler.place}: ${describeError(error)}` };
        await this.pause(Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS));
      }
    }
    return { kind: 'stopped' };
  }

  /**
   * Each attempt numbers its events from the start, so events that the handler emits have the same
   * ids as in the attempt before.
   */
  private attempt(handler: EventHandler, envelope: Envelope): Promise<true> {
    const { scopes, processing } = this.parts;
    return scopes.run('event', (envelope.context?.values ?? {}) as EventFields, () =>
      processing.runAsync(envelope.id, envelope.depth, handler.place, async () => {
        await handler.call(envelope.copy());
        return true as const;
      }),
    );
  }

  /** Waits, at most until `stop`. The process may end meanwhile: the bus still has the event. */
  private async pause(delayMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await this.orStopped(new Promise((resolve) => (timer = setTimeout(resolve, delayMs, true).unref())));
    clearTimeout(timer);
  }

  /** Resolves with false if `stop` comes first: a method that never returns must not block it. */
  private async orStopped(called: Promise<true>): Promise<boolean> {
    const { signal } = this.ending;
    let end = (): void => undefined;
    const ended = new Promise<boolean>((resolve) => {
      end = () => {
        resolve(false);
      };
    });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    try {
      return await Promise.race([called, ended]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }
}
