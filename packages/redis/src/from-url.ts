import type { Backend } from '@sluice/core';
import { redis } from './redis-backend.js';
import type { RedisUrl } from './url.js';

/**
 * Makes a backend for `openBuffer({ url, tls })`. The URL may set `?prefix=` and `?commandTimeoutMs=`, as in
 * `redis://localhost:6379/0?prefix=counters`.
 * @throws InvalidInputError as `redis` does
 */
export function fromUrl(url: string, { tls }: { readonly tls?: NonNullable<RedisUrl['tls']> } = {}): Backend {
  return redis({ url, ...(tls !== undefined && { tls }) });
}
