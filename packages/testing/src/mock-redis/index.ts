export { type MockRedis, type MockRedisOptions, mockRedis } from './client.js';
