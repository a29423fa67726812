import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    conformance: 'src/conformance/index.ts',
    'mock-redis': 'src/mock-redis/index.ts',
  },
  // The mock of Redis loads its libraries with a require() of its own, in both formats.
  shims: true,
});
