/** Passes news to its listeners. */
export class Feed<News> {
  private readonly listeners = new Set<(news: News) => void>();

  get hasListeners(): boolean {
    return this.listeners.size > 0;
  }

  /**
   * Adds a listener.
   * @returns a function that removes the listener
   */
  listen(listener: (news: News) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  tell(news: News): void {
    for (const listener of this.listeners) {
      try {
        listener(news);
      } catch {
        // A listener that fails must not prevent the others from being called.
      }
    }
  }
}
