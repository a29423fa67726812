import type { Options } from 'tsup';

/**
 * How every package is built: ESM and CommonJS, each with its types. No source maps: the output is not minified and reads
 * like the source, and maps would more than double the size of each package.
 */
export const base: Options = {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  clean: true,
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
};
