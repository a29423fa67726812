import { defineConfig } from 'tsup';

// A program, not a library: nobody imports it.
export default defineConfig({
  entry: ['src/main.ts'],
  format: ['esm'],
  target: 'node20',
  clean: true,
  // Whoever wants the board installs it: in here would be another one, of the version that was built last.
  external: [/^@sluice\/board/],
});
