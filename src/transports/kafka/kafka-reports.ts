import { describeKafkaError, isLoginRefused, isTopicMissing } from './kafka-port';
import { LastingOutage } from '../lasting-outage';
import type { ConsumerHost } from '../../intake/event-consumer';
import type { TopicPartition } from './kafka-reader';

/** Returns the fix with a leading space; empty if there is nothing to fix. */
function fixOf(error: unknown): string {
  if (isTopicMissing(error)) return '';
  if (isLoginRefused(error))
    return ' Fix: check the user name and the password (sasl, or the settings of the given kafkajs).';
  return ' Fix: see that the brokers run, and check their addresses, tls and sasl.';
}

/** Logs and counts for a Kafka consumer. */
export class KafkaReports {
  readonly outage = new LastingOutage({
    failing: (error) => {
      this.host()?.warn(
        `cannot read, and keeps trying: ${describeKafkaError(error)}. (Logged once until it reads again.)${fixOf(error)}`,
      );
    },
    answering: () => {
      this.host()?.tell('reads again');
    },
  });

  /** @param host returns undefined before the consumer has started */
  constructor(private readonly host: () => ConsumerHost | undefined) {}

  /**
   * Reports records that were deleted, from `from` to before `to`, before the group had read them.
   */
  missed({ topic, partition }: TopicPartition, from: bigint, to: bigint): void {
    this.host()?.missed(Number(to - from));
    this.host()?.warn(
      `the topic "${topic}", partition ${String(partition)}, had ${String(to - from)} events deleted before the group read them (offsets ${String(from)} to ${String(to - 1n)}). They are lost to this group. Fix: a longer retention of the topic.`,
    );
  }

  /** Reports that the group had read up to `from` and continues at `to`, which is earlier. */
  restarted({ topic, partition }: TopicPartition, from: bigint, to: bigint): void {
    this.host()?.restarted();
    this.host()?.warn(
      `the topic "${topic}", partition ${String(partition)}, begins again at offset ${String(to)}, and the group had read to ${String(from)}: the topic was deleted and created again, its newest records were lost with a broker, or the group was moved. Everything from there is read; events whose ids are known are not processed again.`,
    );
  }
}
