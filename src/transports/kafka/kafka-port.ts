/**
 * The minimum that sending needs from a Kafka client, so that either client, or another one, can be
 * used.
 */

export interface KafkaMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  /** Headers of this message, in addition to the headers common to all messages. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaSender {
  /**
   * False if the application's own producer chooses the partitions. In this case `partitionCount`
   * is always undefined.
   */
  readonly choosesPartitions: boolean;
  /**
   * Returns the number of partitions of the topic; undefined if the client learns it with the first
   * message that it sends.
   */
  partitionCount(topic: string): Promise<number | undefined>;
  /**
   * Sends one request, in order within each partition. If all messages are for one partition, the
   * request is accepted or refused as a whole. After any other error, the outcome is unknown.
   * @param headers common to all messages; the same object on each call
   * @param partition of all messages; undefined to let the client choose one by the key of each
   *   message
   * @throws an error of the client, from which `protocolNames` extracts the broker's response
   */
  send(
    topic: string,
    messages: readonly KafkaMessage[],
    headers: Readonly<Record<string, string>>,
    partition: number | undefined,
  ): Promise<void>;
  close(): Promise<void>;
}

/**
 * Returns the broker's error codes, by their names in Kafka's protocol, from any place where the
 * clients put them.
 */
export function protocolNames(error: unknown, depth = 0): Set<string> {
  const names = new Set<string>();
  if (typeof error !== 'object' || error === null || depth > 8) return names;
  const { apiId, type, cause, errors, originalError } = error as Readonly<Record<string, unknown>>;
  for (const name of [apiId, type]) if (typeof name === 'string') names.add(name);
  const inner: unknown[] = [cause, originalError, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  for (const each of inner) for (const name of protocolNames(each, depth + 1)) names.add(name);
  return names;
}

/** True if the topic does not exist (yet) or has no leader yet. */
export function isTopicMissing(error: unknown): boolean {
  const names = protocolNames(error);
  if (names.has('UNKNOWN_TOPIC_OR_PARTITION') || names.has('LEADER_NOT_AVAILABLE')) return true;
  // @platformatic/kafka has its own message for this
  return /^Unknown topic /.test(messageOf(error) ?? '');
}

/** True if the broker refused the user name, the password or the token. */
export function isLoginRefused(error: unknown): boolean {
  return /\bSASL\b.*\bauthentication failed/i.test(describeKafkaError(error));
}

/** Describes an error in one line: the client's message and the broker's error codes. */
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
