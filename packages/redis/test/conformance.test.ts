import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { redisConformance } from './support/conformance.js';

const server = await startRedisServer();
const client = new Redis(server.url);
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

redisConformance(client);
