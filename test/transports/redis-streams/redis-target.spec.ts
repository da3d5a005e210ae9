import { OptionChecker } from '../../../src/common/option-checker';
import {
  checkTarget,
  explain,
  TARGET_RULES,
  type RedisTarget,
} from '../../../src/transports/redis-streams/redis-target';

/** A client as far as the check looks at it. */
const client = (keyPrefix?: string): object => ({ duplicate: () => undefined, options: { keyPrefix } });

function linesOf(options: object): string[] {
  const check = new OptionChecker('redisStreams()', { example: '' });
  check.read<RedisTarget>(options, TARGET_RULES, (given) => {
    checkTarget(given, check);
  });
  return check.errors.map(({ what }) => what);
}

describe('redis-target', () => {
  it.each<[object]>([
    [{ url: 'redis://h' }],
    [{ url: 'rediss://user:secret@h:1/2' }],
    [{ connection: { host: 'h', keyPrefix: '' } }],
    [{ url: 'redis://h', connection: { tls: {} } }],
    [{ connection: client() }],
  ])('accepts %j', (options) => {
    expect(linesOf(options)).toEqual([]);
  });

  it.each<[object, string]>([
    [{}, 'url and connection are missing; expected one of them.'],
    [{ url: 'redis://h', connection: client() }, 'url is set, but connection is a Redis, which has its own.'],
    [{ connection: 'redis://h' }, 'connection is a string of 9 characters; expected options of ioredis or a Redis.'],
    [{ connection: { isCluster: true } }, 'connection is a Redis Cluster, which is not supported.'],
    [{ connection: { keyPrefix: 'app:' } }, 'connection has a keyPrefix of ioredis'],
    [{ connection: client('app:') }, 'connection has a keyPrefix of ioredis'],
  ])('refuses %j', (options, line) => {
    expect(linesOf(options)).toEqual([expect.stringContaining(line)]);
  });

  it('adds a fix to the reply of a cluster node, and to no other error', () => {
    expect(explain(new Error('MOVED 1 h:1'))).toMatch(/node of a Redis Cluster.*MOVED.*Fix: /);
    expect(explain(new Error('NOAUTH'))).toBe('NOAUTH');
    expect(explain('text')).toBe('text');
  });
});
