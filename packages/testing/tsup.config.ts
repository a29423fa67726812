import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    conformance: 'src/conformance/index.ts',
    'mock-redis': 'src/mock-redis/index.ts',
  },
  // The mock of Redis creates a require() to load its libraries, in both formats.
  shims: true,
});
