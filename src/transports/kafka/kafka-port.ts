/** What sending asks of a client of Kafka, and no more: so that either client can be taken, and the next one too. */

export interface KafkaMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  /** Beside those that all have. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaSender {
  /** False if the application's own producer chooses the partitions: then `partitionCount` is never known. */
  readonly choosesPartitions: boolean;
  /** Number of partitions of the topic; undefined if the client learns it with the first message that it sends. */
  partitionCount(topic: string): Promise<number | undefined>;
  /**
   * Sends one request, in order within each partition. It is taken or refused as a whole if all messages are of one partition;
   * a rejection for any other reason says nothing about what has landed.
   * @param headers that all messages have; the same object each time
   * @param partition of all messages; undefined to let the client choose it by the key of each
   * @throws an error of the client, of which `protocolNames` tells what the broker said
   */
  send(
    topic: string,
    messages: readonly KafkaMessage[],
    headers: Readonly<Record<string, string>>,
    partition: number | undefined,
  ): Promise<void>;
  close(): Promise<void>;
}

/** What the broker has said, by the names of Kafka's protocol, wherever the clients put it. */
export function protocolNames(error: unknown, depth = 0): Set<string> {
  const names = new Set<string>();
  if (typeof error !== 'object' || error === null || depth > 8) return names;
  const { apiId, type, cause, errors, originalError } = error as Readonly<Record<string, unknown>>;
  for (const name of [apiId, type]) if (typeof name === 'string') names.add(name);
  const inner: unknown[] = [cause, originalError, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  for (const each of inner) for (const name of protocolNames(each, depth + 1)) names.add(name);
  return names;
}

/** The topic is not there (yet), or has no leader yet. */
export function isTopicMissing(error: unknown): boolean {
  const names = protocolNames(error);
  if (names.has('UNKNOWN_TOPIC_OR_PARTITION') || names.has('LEADER_NOT_AVAILABLE')) return true;
  return /^Unknown topic /.test(messageOf(error) ?? ''); // @platformatic/kafka puts it in its own words
}

/** The broker has refused the user name, the password or the token. */
export function isLoginRefused(error: unknown): boolean {
  return /\bSASL\b.*\bauthentication failed/i.test(describeKafkaError(error));
}

/** An error in one line: what the client says, and what the broker said. */
export function describeKafkaError(error: unknown): string {
  const message = messageOf(error) ?? String(error);
  const inner = innermost(error);
  const names = [...protocolNames(error)];
  const more = [...(inner === undefined || inner === message ? [] : [inner]), ...names];
  return more.length === 0 ? message : `${message} (${more.join('; ')})`;
}

function innermost(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; depth < 8; depth++) {
    const { cause, errors } = at as { readonly cause?: unknown; readonly errors?: readonly unknown[] };
    const next = cause ?? errors?.at(-1);
    if (messageOf(next) === undefined) break;
    at = next;
  }
  return messageOf(at);
}

function messageOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : undefined;
}
