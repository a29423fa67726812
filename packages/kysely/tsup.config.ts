import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  clean: true,
  sourcemap: true,
  loader: { '.lua': 'text' },
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
});
