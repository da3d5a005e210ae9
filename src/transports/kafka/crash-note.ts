/**
 * Note that a member writes next to its group's position before it gives out entries that could
 * crash it. Kafka does not count deliveries; a note that its writer did not clear shows a crash.
 */
export interface CrashNote {
  /** Id of the process that wrote the note. */
  readonly life: string;
  /** Id of the writer in the group, by which other members see whether it is still alive. */
  readonly member: string;
  /** Number of processes that were given the following entries, including the writer. */
  readonly lives: number;
  /**
   * Offset of the first entry that is given out with nothing else in flight; undefined during
   * normal reading.
   */
  readonly from?: bigint | undefined;
  /** Number of entries given out together, starting at `from`. */
  readonly count?: number | undefined;
}

/** Serializes a note. Brokers accept up to 4096 bytes. */
export function textOfNote({ life, member, lives, from, count }: CrashNote): string {
  return JSON.stringify({ life, member, lives, from: from?.toString(), count });
}

/**
 * Parses a note.
 * @returns undefined if the string is not a note, because another program may store its own data
 *   there
 */
export function noteOf(text: string | null | undefined): CrashNote | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  try {
    const { life, member, lives, from, count } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof life !== 'string' || typeof member !== 'string' || !isCount(lives)) return undefined;
    if (typeof from !== 'string' || !isCount(count)) return { life, member, lives };
    return { life, member, lives, from: BigInt(from), count };
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
