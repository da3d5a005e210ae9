import type { QueueFigures, QueueProbe } from '../../routing/queue-probe';
import { describeKafkaError } from './kafka-port';
import type { KafkaReader } from './kafka-reader';
import { lagOf } from './partition-bounds';

/**
 * Asks the brokers for the state of a group, over the connections of its reader. Kafka does not
 * tell when a record was added, short of reading it, so the oldest entry is not known.
 */
export function kafkaProbe(
  topics: readonly string[],
  reader: () => Pick<KafkaReader, 'positions' | 'liveMembers'> | undefined,
): QueueProbe {
  return {
    kind: 'kafka',
    names: topics,
    fix: 'See that the brokers run, and check their addresses, the TLS options and the login.',
    ask: async () => {
      const asked = reader();
      if (asked === undefined) throw new Error('the brokers are not connected');
      try {
        return await askGroup(asked);
      } catch (error) {
        throw new Error(describeKafkaError(error), { cause: error });
      }
    },
  };
}

async function askGroup(reader: Pick<KafkaReader, 'positions' | 'liveMembers'>): Promise<QueueFigures> {
  const [positions, members] = await Promise.all([reader.positions(), reader.liveMembers()]);
  const parts = positions.map((position) => ({
    name: `${position.topic}:${String(position.partition)}`,
    depth: Number(position.high - position.low),
    lag: lagOf([position]),
  }));
  return {
    depth: parts.reduce((sum, { depth }) => sum + depth, 0),
    lag: lagOf(positions),
    workers: members.size,
    parts: parts.length < 2 ? undefined : parts,
  };
}
