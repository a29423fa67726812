import { type Backend, InvalidInputError } from '@sluice/core';
import { redis } from './redis-backend.js';
import { parseRedisUrl } from './url.js';

/**
 * Makes a backend for `openBuffer({ url })`. The URL may set `?prefix=` and `?commandTimeoutMs=`, as in
 * `redis://localhost:6379/0?prefix=counters`.
 * @throws InvalidInputError as `redis` does, and `ERR_SLUICE_INVALID_URL` for any other parameter
 */
export function fromUrl(url: string): Backend {
  const { parameters } = parseRedisUrl(url);
  const unknown = [...parameters.keys()].find((name) => name !== 'prefix' && name !== 'commandTimeoutMs');
  if (unknown !== undefined) {
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_URL',
      `The URL of the Redis backend has a parameter ${JSON.stringify(unknown.slice(0, 40))}; there are prefix and commandTimeoutMs.`,
    );
  }
  const prefix = parameters.get('prefix');
  const timeout = parameters.get('commandTimeoutMs');
  return redis({
    url,
    ...(prefix !== null && { prefix }),
    ...(timeout !== null && { commandTimeoutMs: Number(timeout) }),
  });
}
