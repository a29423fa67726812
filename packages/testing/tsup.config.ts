import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  clean: true,
  sourcemap: true,
  // For import.meta.url in CommonJS.
  shims: true,
  loader: { '.lua': 'text' },
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
});
