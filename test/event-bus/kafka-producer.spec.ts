import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import { backend, EventBusBackend } from '../../src';
import { trackingLogCodec } from '../../src/backends/event-bus/avro';
import { kafka, type KafkaOptions } from '../../src/kafka';
import { describeWithServices } from '../support/services';
import { startTracking, type BuiltTracking } from '../support/start-tracking';
import { readTopic } from '../support/kafka-topic';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });

describeWithServices(['kafka'], 'kafka()', ({ kafka: brokers }) => {
  const kafkaJs = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });

  const sending = (topic: string, options: KafkaOptions): Promise<BuiltTracking> =>
    startTracking({
      backends: {
        bus: backend(EventBusBackend, { producer: kafka(options), topic }, { delivery: { batch: { maxWaitMs: 1 } } }),
      },
    });

  const clients: [string, () => KafkaOptions][] = [
    ['brokers', () => ({ brokers: brokers.split(',') })],
    ['a given kafkajs', () => ({ kafkajs: kafkaJs() })],
  ];

  describe.each(clients)('with %s', (_, connection) => {
    it('puts an event on a topic that was not there, under the headers of a CloudEvent', async () => {
      const topic = `t-${randomUUID()}`;
      const { tracker } = await sending(topic, { ...connection(), source: 'here/web' });
      const { id } = await tracker.emitConfirmed('problem_check', { grade: 1.5, text: 'é😀' });
      const [message] = await readTopic(brokers, topic, 1);
      const log = codec.decode(message!.value!);
      expect(textsOf(message!)).toEqual({
        key: 'problem_check',
        ce_specversion: '1.0',
        'content-type': 'application/avro',
        ce_datacontenttype: 'application/avro',
        ce_type: 'org.openedx.analytics.tracking.event.emitted.v1',
        ce_id: id,
        ce_source: 'here/web',
        ce_time: log.timestamp,
        ce_minorversion: '0',
        sourcehost: hostname(),
        sourcelib: '11.2.0',
      });
      expect(JSON.parse(log.data)).toEqual({ grade: 1.5, text: 'é😀' });
    });
  });
});

function textsOf({ key, headers = {} }: KafkaMessage): Record<string, string> {
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { key: String(key), ...Object.fromEntries(texts) };
}
