import { InvalidInputError } from '@sluice/core';
import { type MemoryBackend, memory } from './memory-backend.js';

/**
 * Makes a memory backend for `openBuffer({ url: 'memory:' })`.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_URL` for any other URL
 */
export function fromUrl(url: string): MemoryBackend {
  if (url === 'memory:') return memory();
  throw new InvalidInputError(
    'ERR_SLUICE_INVALID_URL',
    'The URL of the memory backend is "memory:", with nothing behind it.',
  );
}
