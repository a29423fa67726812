export type { RedisClient } from './connection.js';
export type { Durability } from './durability.js';
export { erase } from './erase.js';
export { fromUrl } from './from-url.js';
export type { Finding, Topic } from './inspect/finding.js';
export type { Task } from './inspect/rights.js';
export { type Inspection, inspect } from './inspect.js';
export {
  type NodeRedisClient,
  type NodeRedisCluster,
  type NodeRedisSentinel,
  nodeRedis,
} from './node-redis.js';
export type { RedisBackendOptions } from './options.js';
export { redis } from './redis-backend.js';
