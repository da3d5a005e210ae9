import type { ContextView } from '../event/envelope';

/**
 * Shares the context that a processor creates, with its JSON, between the events of one scope.
 * Remembers the last context only: events of a scope mostly come one after another, and a WeakMap
 * of all contexts cost more than it saved (0.6 us for each entered context, most of which occur
 * once).
 */
export class ContextMemo {
  private before: ContextView | undefined;
  private after: ContextView | undefined;

  /**
   * @param make returns another context, or the same one for no change
   * @param isReusable called after `make`: false if the next event may need another result.
   * @default always true
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
