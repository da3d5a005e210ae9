export { kafka } from './backends/event-bus/kafka/kafka';
export type { KafkaConnection, KafkaOptions, SchemaIds } from './backends/event-bus/kafka/kafka-options';
export { KafkaConsumer } from './consumers/kafka/kafka-consumer';
export type { KafkaConsumerOptions } from './consumers/kafka/kafka-consumer-options';
export type { GivenKafkaJs, GivenKafkaJsProducer } from './backends/event-bus/kafka/kafkajs-sender';
export type { SaslOptions } from './backends/event-bus/kafka/platformatic-sender';
