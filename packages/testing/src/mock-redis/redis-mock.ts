import { library } from './library.js';

/** The commands of redis-mock that the mock relies on; each was checked against its source. */
export type Primitive =
  | 'get'
  | 'set'
  | 'del'
  | 'exists'
  | 'type'
  | 'keys'
  | 'flushall'
  | 'hget'
  | 'hmget'
  | 'hmset'
  | 'hdel'
  | 'hlen'
  | 'hgetall'
  | 'llen'
  | 'lindex'
  | 'lrange'
  | 'lset'
  | 'ltrim'
  | 'rpush'
  | 'sadd'
  | 'srem'
  | 'sismember'
  | 'smembers'
  | 'scard'
  | 'zadd'
  | 'zcard'
  | 'zrange'
  | 'zrem';

export type Argument = string | number | readonly string[];

type Callback = (error: Error | null, reply: unknown) => void;
type RedisMockClient = Readonly<Record<Primitive, (...args: readonly (Argument | Callback)[]) => void>>;

/** Makes a client with separate data: those of redis-mock's `createClient` share theirs, whatever their URLs. */
export function redisMockClient(): (name: Primitive, args: readonly Argument[]) => Promise<unknown> {
  const { RedisClient } = library('redis-mock') as {
    RedisClient: new (options: object, stream: null, server: object) => RedisMockClient;
  };
  const Server = library('redis-mock/lib/server/redis-mock.js') as new () => object;
  const client = new RedisClient({}, null, new Server());
  return (name, args) =>
    new Promise((resolve, reject) => {
      client[name](...args, (error, reply) => (error ? reject(error) : resolve(reply)));
    });
}
