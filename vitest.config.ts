import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

/** Imports Lua files as text, as the build does. */
const lua: Plugin = {
  name: 'lua',
  async load(id) {
    return id.endsWith('.lua') ? `export default ${JSON.stringify(await readFile(id, 'utf8'))}` : undefined;
  },
};

const packages = fileURLToPath(new URL('packages/', import.meta.url));

export default defineConfig({
  plugins: [lua],
  resolve: {
    // Tests run against the sources; `npm run check` and the examples run against the built packages.
    alias: Object.fromEntries(
      readdirSync(packages).map((name) => [`@sluice/${name}`, `${packages}${name}/src/index.ts`]),
    ),
  },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'lab/**/*.test.ts',
      'bench/**/*.test.ts',
      'compat/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
