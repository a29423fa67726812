import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

// The mock of Redis loads its libraries with a require() of its own, in both formats.
export default defineConfig({ ...base, shims: true });
