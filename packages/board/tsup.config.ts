import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';
import { pagePlugin } from './page-bundle.js';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/node.ts'],
  esbuildPlugins: [pagePlugin],
});
