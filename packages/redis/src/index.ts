export type { RedisClient } from './connection.js';
export { fromUrl } from './from-url.js';
export type { RedisBackendOptions } from './options.js';
export { redis } from './redis-backend.js';
