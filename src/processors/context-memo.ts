import type { ContextView } from '../event/envelope';

/**
 * The events of one scope share its context, so they can share what a processor makes of it, with its text. Only the last one
 * is remembered: events of a scope mostly come one after another, and a WeakMap of all cost more than it saved (0.6 us for each
 * context that is entered, of which most are met once).
 */
export class ContextMemo {
  private before: ContextView | undefined;
  private after: ContextView | undefined;

  /** @param make gives another context, or the same for no change; always the same for the same context */
  constructor(private readonly make: (context: ContextView) => ContextView) {}

  of(context: ContextView): ContextView {
    if (context === this.before && this.after !== undefined) return this.after;
    this.after = this.make(context);
    this.before = context;
    return this.after;
  }
}
