import { readFile } from 'node:fs/promises';
import { defineConfig, type Plugin } from 'vitest/config';

/** Imports Lua files as text, as the build does. */
const lua: Plugin = {
  name: 'lua',
  async load(id) {
    return id.endsWith('.lua') ? `export default ${JSON.stringify(await readFile(id, 'utf8'))}` : undefined;
  },
};

const source = (name: string): string => new URL(`packages/${name}/src/index.ts`, import.meta.url).pathname;

export default defineConfig({
  plugins: [lua],
  resolve: {
    // Tests run against the sources; `npm run check` and the examples run against the built packages.
    alias: Object.fromEntries(
      ['core', 'memory', 'redis', 'testing'].map((name) => [`@sluice/${name}`, source(name)]),
    ),
  },
  test: { include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts'], testTimeout: 60_000 },
});
