/** Tells news to those who listen. */
export class Feed<News> {
  private readonly listeners = new Set<(news: News) => void>();

  get hasListeners(): boolean {
    return this.listeners.size > 0;
  }

  /** @returns a function that ends listening */
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
        // A listener that fails must not keep the others from hearing.
      }
    }
  }
}
