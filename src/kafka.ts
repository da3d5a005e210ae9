export { kafka } from './backends/event-bus/kafka/kafka';
export type { KafkaConnection, KafkaOptions, SchemaIds } from './backends/event-bus/kafka/kafka-options';
