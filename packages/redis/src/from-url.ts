import type { ConnectionOptions } from 'node:tls';
import type { Backend } from '@sluice/core';
import type { Durability } from './durability.js';
import { redis } from './redis-backend.js';

/**
 * Makes a backend for `openBuffer({ url, tls, durability })`. The URL may set `?prefix=` and `?commandTimeoutMs=`, as in
 * `redis://localhost:6379/0?prefix=counters`.
 * @throws InvalidInputError as `redis` does
 */
export function fromUrl(
  url: string,
  options: { readonly tls?: ConnectionOptions; readonly durability?: Durability } = {},
): Backend {
  return redis({ url, ...options });
}
