import { buildStale } from './build.mjs';
import { install } from './install.mjs';
import { installRedisServer } from './redis-server.mjs';

/**
 * Makes a fresh clone ready; does nothing where all is ready.
 * @param {{ redisServer?: boolean }} [needs]
 */
export async function setUp({ redisServer = false } = {}) {
  await install();
  await buildStale();
  if (redisServer) await installRedisServer();
}
