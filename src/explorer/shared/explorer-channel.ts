/** Why a channel cannot send or receive now, and what to do. */
export interface ChannelProblem {
  readonly message: string;
  readonly fix: string;
}

/** What a channel reports to the explorer of its process. */
export interface ChannelHost {
  /** Takes a message of a topic that was listened to, in the order in which its sender sent it. */
  received(topic: string, text: string): void;
  /** Called with the problem when the channel stops to work, and with undefined when it works. */
  changed(problem: ChannelProblem | undefined): void;
}

/** The open channel of one process. */
export interface ChannelLink {
  /** Sets the topics to receive, instead of those set before. */
  listen(topics: readonly string[]): void;
  /**
   * Sends a message to every process that listens to the topic. Returns at once and never throws.
   * @returns false if it was not sent, because the channel does not work or too much waits
   */
  send(topic: string, text: string): boolean;
  /** Releases all resources. Takes a bounded time. */
  close(): Promise<void>;
}

/**
 * Carries messages between the explorers of several processes. Write your own for a bus other than
 * Redis: anything that publishes strings to subscribers will do. Messages may be lost, since they
 * are only shown: a lost one is a row that is missing on a page.
 */
export interface ExplorerChannel {
  /** Connects, and connects again until `close`. Returns at once. */
  open(host: ChannelHost): ChannelLink;
}
