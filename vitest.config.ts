import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { defineConfig, type Plugin } from 'vitest/config';
import { isPageBundle, pageModule } from './packages/board/page-bundle.js';

/** Imports Lua files as text, as the build does. */
const lua: Plugin = {
  name: 'lua',
  async load(id) {
    return id.endsWith('.lua') ? `export default ${JSON.stringify(await readFile(id, 'utf8'))}` : undefined;
  },
};

/** Imports the page of the board as text, as the build does. */
const page: Plugin = {
  name: 'page',
  async load(id) {
    return isPageBundle(id) ? pageModule() : undefined;
  },
};

/** Where a package of the workspace has its sources, by the name of an import; paths begin at the root. */
const sources = ['packages', 'tools'].flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url)).flatMap((name) => [
    { find: new RegExp(`^@sluice/${name}$`), replacement: `/${folder}/${name}/src/index.ts` },
    { find: new RegExp(`^@sluice/${name}/`), replacement: `/${folder}/${name}/src/` },
  ]),
);

// A machine that stands still for a second looks like a server that is away, to Redis and to its clients. A test that failed
// for that is run again a little later, and the report says so. One that counted wrong is not.
const AWAY =
  /timed out|not within \d+ ms|did not start|not ready in|no reply in|READONLY|CLUSTERDOWN|MASTERDOWN|LOADING|TRYAGAIN|ECONNREFUSED|ECONNRESET/;

// Their faults want few others beside them.
const ALONE = ['lab/lab.test.ts', 'lab/guards.test.ts', 'lab/spread.test.ts'];

export default defineConfig({
  plugins: [lua, page],
  resolve: {
    // Tests run against the sources; `npm run check` and the examples run against the built packages.
    alias: sources,
    // Where the root's path has characters that Vite does not take, the tests run through a link to it.
    preserveSymlinks: true,
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: [
            '{packages,tools}/*/test/**/*.test.ts',
            'examples/**/*.test.ts',
            'compat/**/*.test.ts',
            'scripts/**/*.test.ts',
            'site/test/**/*.test.ts',
            'bench/**/*.test.ts',
            'lab/**/*.test.ts',
          ],
          // Those on servers that run already are for vitest.servers.config.ts.
          exclude: ['**/node_modules/**', '**/*.servers.test.ts', ...ALONE],
          maxWorkers: 3,
          retry: { count: 2, delay: 5000, condition: AWAY },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
