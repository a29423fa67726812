import { startRedisServer } from '@sluice/testing';
import { test } from 'vitest';
import { compile } from './compile.js';
import { exerciseService } from './exercise-service.js';

test.each(['nestjs', 'fastify'])(
  '%s: views are counted, and survive the end of the service',
  async (name) => {
    const main = await compile(name);
    await using redis = await startRedisServer();
    await exerciseService(main, redis.url);
  },
);
