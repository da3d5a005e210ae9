import { describeKafkaError, isLoginRefused, isTopicMissing } from './kafka-port';
import { LastingOutage } from '../lasting-outage';
import type { ConsumerSurroundings } from '../../routing/event-consumer';
import type { TopicPartition } from './kafka-reader';

/** With a space before it; empty where nothing is to be fixed. */
function fixOf(error: unknown): string {
  if (isTopicMissing(error)) return '';
  if (isLoginRefused(error)) return ' Fix: check the user name and the password (sasl, or those of the given kafkajs).';
  return ' Fix: see that the brokers run, and check their addresses, tls and sasl.';
}

/** What a consumer of Kafka logs and counts about its topics. */
export class KafkaReports {
  readonly outage = new LastingOutage({
    failing: (error) => {
      this.surroundings()?.warn(
        `cannot read, and goes on trying: ${describeKafkaError(error)}. (Logged once until it reads again.)${fixOf(error)}`,
      );
    },
    answering: () => {
      this.surroundings()?.tell('reads again');
    },
  });

  /** @param surroundings undefined before the consumer has begun */
  constructor(private readonly surroundings: () => ConsumerSurroundings | undefined) {}

  /** Records before `to` were deleted before the group had read them. */
  missed({ topic, partition }: TopicPartition, from: bigint, to: bigint): void {
    this.surroundings()?.missed(Number(to - from));
    this.surroundings()?.warn(
      `the topic "${topic}", partition ${String(partition)}, had ${String(to - from)} events deleted before the group read them (offsets ${String(from)} to ${String(to - 1n)}). They are lost to this group. Fix: a longer retention of the topic.`,
    );
  }

  /** The group had read to `from`; it reads on at `to`, which is before that. */
  restarted({ topic, partition }: TopicPartition, from: bigint, to: bigint): void {
    this.surroundings()?.restarted();
    this.surroundings()?.warn(
      `the topic "${topic}", partition ${String(partition)}, begins again at offset ${String(to)}, and the group had read to ${String(from)}: the topic was deleted and made again, its newest records were lost with a broker, or the group was moved. Everything from there is read; events that are known by their ids are not given out again.`,
    );
  }
}
