import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** The suites on servers that run already, of any version: `npm run test:servers`. */
export default defineConfig({
  plugins: base.plugins ?? [],
  resolve: base.resolve ?? {},
  test: { include: ['packages/*/test/*.servers.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
