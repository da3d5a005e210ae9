/**
 * What a member writes next to the position of its group before it gives out entries that could end it.
 * Kafka keeps no count of deliveries; a note that its writer did not clear is the trace of a crash.
 */
export interface CrashNote {
  /** Identifies the process that wrote it. */
  readonly life: string;
  /** Its id in the group, by which others see whether it is still there. */
  readonly member: string;
  /** Processes that have been given what follows, the writer included. */
  readonly lives: number;
  /** Offset of the first entry that is given with nothing else in flight; undefined where all is read as usual. */
  readonly from?: bigint | undefined;
  /** Entries that are given together from there. */
  readonly count?: number | undefined;
}

/** Brokers take 4096 bytes. */
export function textOfNote({ life, member, lives, from, count }: CrashNote): string {
  return JSON.stringify({ life, member, lives, from: from?.toString(), count });
}

/** @returns undefined for what is no note: another program may keep something of its own there */
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
