import type { KafkaListener, PartitionBounds, PartitionOffset, ReaderSettings } from './kafka-reader';

/**
 * Reports positions at which reading cannot continue.
 * @returns the positions to commit instead
 */
export function repairPositions(
  bounds: readonly PartitionBounds[],
  listener: Pick<KafkaListener, 'missed' | 'restarted'>,
): PartitionOffset[] {
  return bounds.flatMap(({ topic, partition, committed, low, high, isOther }) => {
    const at = { topic, partition };
    // Brokers delete the position together with the topic, so an existing one was committed after
    // the topic was recreated.
    if (isOther) listener.restarted(at, committed < 0n ? 0n : committed, low);
    else if (committed > high) listener.restarted(at, committed, low);
    else if (committed >= 0n && committed < low) listener.missed(at, committed, low);
    else return [];
    return committed < 0n ? [] : [{ ...at, offset: low }];
  });
}

/** Returns the number of records after the group's positions. */
export function lagOf(bounds: readonly Pick<PartitionBounds, 'committed' | 'low' | 'high'>[]): number {
  let lag = 0n;
  for (const { committed, low, high } of bounds) {
    const from = committed > low ? committed : low;
    if (high > from) lag += high - from;
  }
  return Number(lag);
}

/**
 * Warns that the group could not be moved to `start`, so that it continues at its position. The
 * usual cause: brokers do not move the offsets of a group with active members.
 * @param reason error of the request
 */
export function warnNotMoved({ group, start, warn }: ReaderSettings, reason: string): void {
  warn(`start is '${start}', but the group "${group}" could not be moved, and continues at its position: ${reason}`);
}
