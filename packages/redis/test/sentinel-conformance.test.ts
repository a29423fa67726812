import { startRedisSentinels } from '@sluice/test-servers';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { redisConformance } from './support/conformance.js';

const group = await startRedisSentinels();
const admin = new Redis((await group.master()).port);
afterAll(async () => {
  admin.disconnect();
  await group[Symbol.asyncDispose]();
});

redisConformance(admin, { url: group.url });
