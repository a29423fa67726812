import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { median } from 'simple-statistics';
import { alone, each } from '../lines.js';
import type { Scenario } from '../scenario.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const IMPORT = `
  const startedAt = performance.now();
  await import('@sluice/core');
  console.log(performance.now() - startedAt);
`;

/** What a service takes on with Sluice. */
export const footprint: Scenario = {
  name: 'footprint',
  rows: ['footprint'],
  async run({ sizes, alternate }) {
    const samples = await alternate({
      sluice: async () => ({
        kilobytes: (await bundledBytes()) / 1000,
        importMs: await importMs(sizes.imports),
      }),
    });
    const row = 'footprint';
    return {
      lines: [
        alone({
          row,
          workload: '@sluice/core with its dependencies, bundled, minified, gzipped',
          unit: 'kB',
          sluice: each(samples.sluice, 'kilobytes'),
          goal: { atMost: 12 },
        }),
        alone({
          row,
          workload: `import of @sluice/core, median of ${sizes.imports} new processes`,
          unit: 'ms',
          sluice: each(samples.sluice, 'importMs'),
          goal: { atMost: 15 },
        }),
      ],
      samples,
    };
  },
};

async function bundledBytes(): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '@sluice/core'`, resolveDir: HERE },
    bundle: true,
    // Backends are loaded when openBuffer is asked for one.
    external: ['@sluice/memory', '@sluice/redis'],
    format: 'esm',
    platform: 'node',
    minify: true,
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

async function importMs(times: number): Promise<number> {
  const all: number[] = [];
  while (all.length < times) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', IMPORT], {
      cwd: HERE,
    });
    all.push(Number(stdout));
  }
  return median(all);
}
