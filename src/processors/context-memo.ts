import type { ContextView } from '../event/envelope';

/**
 * The events of one scope share its context, so they can share what a processor makes of it, with its text. Only the last one
 * is remembered: events of a scope mostly come one after another, and a WeakMap of all cost more than it saved (0.6 us for each
 * context that is entered, of which most are met once).
 */
export class ContextMemo {
  private before: ContextView | undefined;
  private after: ContextView | undefined;

  /**
   * @param make gives another context, or the same for no change
   * @param isReusable asked after `make`: false if the next event may need another result.  @default always true
   */
  constructor(
    private readonly make: (context: ContextView) => ContextView,
    private readonly isReusable: () => boolean = () => true,
  ) {}

  of(context: ContextView): ContextView {
    if (context === this.before && this.after !== undefined) return this.after;
    const after = this.make(context);
    if (this.isReusable()) {
      this.after = after;
      this.before = context;
    }
    return after;
  }
}
