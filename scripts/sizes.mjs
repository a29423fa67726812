import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './run.mjs';

/**
 * What a package may add to a service, in kB: bundled with its dependencies, without its peers, minified and gzipped.
 * @type {Readonly<Record<string, number>>}
 */
const BUDGETS = {
  board: 42,
  bullmq: 1.5,
  core: 26,
  kysely: 29,
  memory: 3.5,
  opentelemetry: 4.5,
  redis: 35,
  testing: 3,
};

/**
 * Compares the size of a built package with its budget.
 * @param {string} name of a package in packages/
 * @returns {Promise<string>} both
 * @throws Error if the package is larger, or has no budget
 */
export async function checkSize(name) {
  const kB = Math.round((await bundledBytes(join(root, 'packages', name))) / 100) / 10;
  const budget = BUDGETS[name];
  if (budget === undefined) throw new Error(`It has ${kB} kB, and no budget in scripts/sizes.mjs.`);
  if (kB > budget) throw new Error(`It has ${kB} kB; the budget in scripts/sizes.mjs is ${budget}.`);
  return `${kB} of ${budget} kB`;
}

/** @param {string} folder of a built package */
async function bundledBytes(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { outputFiles } = await build({
    entryPoints: [join(folder, manifest.exports['.'].import.default)],
    bundle: true,
    // Core names the backends that it opens by URL as optional alone.
    external: Object.keys({ ...manifest.peerDependencies, ...manifest.peerDependenciesMeta }),
    format: 'esm',
    platform: 'node',
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}
