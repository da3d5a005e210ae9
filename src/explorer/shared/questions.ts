import { randomUUID } from 'node:crypto';
import type { EventDetail } from '../api';
import { within } from '../../common/within';

/** Answer of another process; undefined if there was none in time. */
export interface Answer {
  /** Undefined if the process does not remember the event. */
  readonly detail: EventDetail | undefined;
  readonly isTooLarge: boolean;
}

const MAX_OPEN = 100;

/** Questions to other processes that are not answered yet. */
export class Questions {
  private readonly open = new Map<string, (answer: Answer) => void>();

  constructor(private readonly timeoutMs: number) {}

  /**
   * Asks, and waits for the answer for a limited time.
   * @param send sends the question under its id; false if that is not possible
   */
  async ask(send: (question: string) => boolean): Promise<Answer | undefined> {
    if (this.open.size >= MAX_OPEN) return undefined;
    const question = randomUUID();
    const answered = new Promise<Answer>((resolve) => this.open.set(question, resolve));
    try {
      if (!send(question)) return undefined;
      return await within({ timeoutMs: this.timeoutMs, keepsAlive: false }, answered, () => undefined);
    } finally {
      this.open.delete(question);
    }
  }

  answer(question: string, answer: Answer): void {
    this.open.get(question)?.(answer);
  }
}
