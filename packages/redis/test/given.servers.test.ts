import { Redis } from 'ioredis';
import { afterAll, describe } from 'vitest';
import { redisConformance } from './support/conformance.js';

const { REDIS_URL } = process.env;
if (REDIS_URL === undefined) throw new Error('REDIS_URL says which server to test');

const client = new Redis(REDIS_URL);
afterAll(() => client.disconnect());

describe('on the given server', () => redisConformance(client));
