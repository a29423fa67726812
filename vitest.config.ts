import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { defineConfig, type Plugin } from 'vitest/config';

/** Imports Lua files as text, as the build does. */
const lua: Plugin = {
  name: 'lua',
  async load(id) {
    return id.endsWith('.lua') ? `export default ${JSON.stringify(await readFile(id, 'utf8'))}` : undefined;
  },
};

/** Where a package of the workspace has its sources, by the name of an import; paths begin at the root. */
const sources = ['packages', 'tools'].flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url)).flatMap((name) => [
    { find: new RegExp(`^@sluice/${name}$`), replacement: `/${folder}/${name}/src/index.ts` },
    { find: new RegExp(`^@sluice/${name}/`), replacement: `/${folder}/${name}/src/` },
  ]),
);

export default defineConfig({
  plugins: [lua],
  resolve: {
    // Tests run against the sources; `npm run check` and the examples run against the built packages.
    alias: sources,
    // Where the root's path has characters that Vite does not take, the tests run through a link to it.
    preserveSymlinks: true,
  },
  test: {
    include: [
      '{packages,tools}/*/test/**/*.test.ts',
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
