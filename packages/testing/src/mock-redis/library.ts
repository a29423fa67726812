import { createRequire } from 'node:module';

/**
 * Loads a library of the mock. They are optional peers: only who uses the mock installs them.
 * @throws Error that names the `npm install` to run
 */
export function library(name: string): unknown {
  const require = createRequire(import.meta.url);
  try {
    return require(name);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error('mockRedis() needs redis-mock and fengari. Run: npm install -D redis-mock fengari', {
      cause,
    });
  }
}
