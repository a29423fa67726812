export {
  fromUrl,
  type MemoryBackend,
  type MemoryOptions,
  type MemorySnapshot,
  memory,
} from './memory-backend.js';
