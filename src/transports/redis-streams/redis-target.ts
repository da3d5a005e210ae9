import type { Redis, RedisOptions } from 'ioredis';
import type { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionPlace, OptionRules } from '../../common/option-place';
import { checked } from '../../common/option-rules';
import { showValue } from '../../common/show-value';
import { hasMethod, isObject } from '../../common/value-kinds';
import { urlRule } from '../../backends/url-rule';

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

const URL_FIX = "url: 'redis://localhost:6379'";

/** Rules for the options that say how to reach Redis. */
export const TARGET_RULES: OptionRules<RedisTarget> = {
  url: urlRule(['redis:', 'rediss:'], { fix: URL_FIX }),
  connection: checked('options of ioredis or a Redis', checkConnection, {
    fix: "connection: { host: 'localhost', port: 6379 }",
  }),
};

/** Adds errors if there is not exactly one way to reach Redis. */
export function checkTarget({ url, connection }: GivenOptions<RedisTarget>, check: OptionChecker): void {
  if (url === undefined && connection === undefined)
    check.add('url and connection are missing; expected one of them.', URL_FIX);
  if (url !== undefined && isRedis(connection))
    check.add('url is set, but connection is a Redis, which has its own.', 'leave one of them out');
}

function checkConnection(given: unknown, place: OptionPlace): void {
  if (!isObject(given)) {
    place.reject(showValue(given), 'options of ioredis or a Redis');
    return;
  }
  if (given['isCluster'] === true)
    place.add('is a Redis Cluster, which is not supported.', 'use a Redis without cluster mode, replicated if need be');
  const settings = isRedis(given) ? given.options : (given as RedisOptions);
  if (settings.keyPrefix !== undefined && settings.keyPrefix !== '')
    place.add(
      'has a keyPrefix of ioredis, which would be put before the name of every stream.',
      'use a connection without it; the option keyPrefix makes `prefix-topic`',
    );
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

export function isRedis(connection: unknown): connection is Redis {
  return hasMethod(connection, 'duplicate');
}
