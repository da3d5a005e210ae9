import type { Redis, RedisOptions } from 'ioredis';
import { showValue, type ConfigError } from '../../common/tracking-config.exception';
import { CREDENTIALS_FIX, hasReadableCredentials, UNREADABLE_CREDENTIALS } from '../../backends/url-credentials';

/**
 * Says how to reach Redis: by `url`, by `connection`, or by a `url` with ioredis options in
 * `connection`.
 */
export interface RedisTarget {
  /** Address that begins with `redis://` or `rediss://`.  @default none */
  readonly url?: string | undefined;
  /**
   * ioredis options, or the application's Redis client. The client only provides the settings: this
   * package opens its own connections with them, and closes these.
   * @default none
   */
  readonly connection?: RedisOptions | Redis | undefined;
}

/**
 * Returns the errors in the connection options. Values are never shown, because a URL may contain a
 * password.
 */
export function targetFaults(path: string, { url, connection }: RedisTarget): ConfigError[] {
  const example = "url: 'redis://localhost:6379'";
  if (url === undefined && connection === undefined)
    return [{ path, what: 'it has neither url nor connection, so there is no Redis.', fix: example }];
  const faults: ConfigError[] = [];
  if (url !== undefined && !isRedisUrl(url))
    faults.push({ path, what: 'url is not an address that begins with redis:// or rediss://.', fix: example });
  else if (url !== undefined && !hasReadableCredentials(url))
    faults.push({ path, what: UNREADABLE_CREDENTIALS, fix: CREDENTIALS_FIX });
  if (connection === undefined) return faults;
  if (typeof connection !== 'object' || (connection as unknown) === null) {
    const what = `connection is ${showValue(connection)}, neither options of ioredis nor a Redis.`;
    return [...faults, { path, what, fix: "connection: { host: 'localhost', port: 6379 }" }];
  }
  if ((connection as { isCluster?: unknown }).isCluster === true)
    faults.push({
      path,
      what: 'connection is a Redis Cluster, which is not supported.',
      fix: 'give a Redis without cluster mode, replicated if need be',
    });
  else if (isRedis(connection) && url !== undefined)
    faults.push({ path, what: 'it has a url and a Redis as its connection.', fix: 'leave one of them out' });
  const { keyPrefix } = isRedis(connection) ? connection.options : connection;
  if (keyPrefix !== undefined && keyPrefix !== '') {
    const what = 'the connection has a keyPrefix of ioredis, which would be put before the name of every stream.';
    faults.push({ path, what, fix: 'give a connection without one; keyPrefix beside it makes `prefix-topic`' });
  }
  return faults;
}

/**
 * Describes a Redis error. Replies of a cluster node get a fix added, because they do not say what
 * to do.
 */
export function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!/^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b/.test(message)) return message;
  return `it is a node of a Redis Cluster, which is not supported (${message}). Fix: a Redis without cluster mode, replicated if need be`;
}

export function isRedis(connection: RedisOptions | Redis): connection is Redis {
  return typeof (connection as Partial<Redis>).duplicate === 'function';
}

function isRedisUrl(url: unknown): boolean {
  try {
    return typeof url === 'string' && ['redis:', 'rediss:'].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}
