export type { RedisClient } from './connection.js';
export { fromUrl, type RedisBackendOptions, redis } from './redis-backend.js';
