export { fromUrl } from './from-url.js';
export { type MemoryBackend, type MemoryOptions, memory } from './memory-backend.js';
export type { MemorySnapshot } from './partition-state.js';
