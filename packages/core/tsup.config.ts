import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

type Plugin = NonNullable<import('tsup').Options['plugins']>[number];

/** A CommonJS service gets the CommonJS build of a backend: two builds in one process would be two copies of core. */
const requireBackends: Plugin = {
  name: 'require-backends',
  renderChunk(code) {
    if (this.format !== 'cjs') return undefined;
    return { code: code.replaceAll(/\bimport\((["']@sluice\/\w+["'])\)/g, 'require($1)') };
  },
};

export default defineConfig({
  ...base,
  entry: { index: 'src/index.ts', backend: 'src/backend.ts', telemetry: 'src/telemetry/index.ts' },
  // Both formats: a class that stood in two files would be two classes.
  splitting: true,
  // Backends are imported when they are asked for. p-limit, which is ESM only, is a devDependency and so bundled:
  // CommonJS and Jest could not load it.
  external: ['@sluice/memory', '@sluice/redis'],
  plugins: [requireBackends],
});
