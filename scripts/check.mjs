import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages } from './build.mjs';
import { checkExports } from './exports.mjs';
import { root, runMain, runQuietly } from './run.mjs';
import { checkSize } from './sizes.mjs';

/**
 * A check may return a remark.
 * @typedef {readonly [name: string, check: () => Promise<string | void> | void]} Step
 */

await runMain(async () => {
  const failures = await runAll([
    ['types', () => tool('tsc')],
    ["types of the board's page", () => tool('tsc', '-p', 'packages/board/src/page')],
    ['lint and format', () => tool('biome', 'ci', '--error-on-warnings', '--colors=off')],
    ['unused code', () => tool('knip', '--treat-config-hints-as-errors')],
    ['lock file', checkLock],
    ['reference', () => tool('typedoc', '--emit', 'none')],
    ['site', buildSite],
    ['exports', () => checkExports(packages().map((name) => join(root, 'packages', name)))],
    ...packages().flatMap(packagingOf),
  ]);
  for (const { name, error } of failures)
    console.error(`\n${name}\n${error instanceof Error ? error.message : error}`);
  return failures.length === 0 ? 0 : 1;
});

/**
 * Runs the steps side by side; one line each, when it ends.
 * @param {readonly Step[]} steps
 */
async function runAll(steps) {
  const width = Math.max(...steps.map(([name]) => name.length));
  const results = await Promise.all(
    steps.map(async ([name, check]) => {
      const startedAt = performance.now();
      const { remark = '', error } = await outcomeOf(check);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
      const line = `${name.padEnd(width)}  ${error === undefined ? 'ok    ' : 'FAILED'} ${seconds} s  ${remark}`;
      console.log(line.trimEnd());
      return { name, error };
    }),
  );
  return results.filter(({ error }) => error !== undefined);
}

/**
 * @param {Step[1]} check
 * @returns {Promise<{ readonly remark?: string, readonly error?: unknown }>}
 */
async function outcomeOf(check) {
  try {
    const remark = await check();
    return remark ? { remark } : {};
  } catch (error) {
    return { error };
  }
}

/**
 * @param {string} name of a package in packages/
 * @returns {Step[]}
 */
function packagingOf(name) {
  const folder = join('packages', name);
  return [
    [`${name}: publint`, () => tool('publint', 'run', folder, '--strict')],
    ...(isImported(folder) ? [/** @type {Step} */ ([`${name}: size`, () => checkSize(name)])] : []),
    [
      `${name}: types of ESM and CJS`,
      () => tool('attw', '--pack', folder, '--no-emoji', '--format', 'ascii'),
    ],
  ];
}

/**
 * A command line is not part of anybody's bundle.
 * @param {string} folder of a package
 */
function isImported(folder) {
  const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return exports?.['.'] !== undefined;
}

/** @returns {Promise<string | void>} */
async function buildSite() {
  // Vite takes what follows these characters in a path for a query, a fragment or an escape.
  if (/[?#%]/.test(root)) return 'not built: Vite does not take the path of this clone';
  await runQuietly('node', ['--import', 'tsx', 'site/main.ts']);
}

/**
 * A registry's address in the lock file would bind everyone to that registry; a package without a hash would be
 * installed unchecked.
 */
function checkLock() {
  /** @type {{ packages: Record<string, { resolved?: string, integrity?: string, link?: boolean }> }} */
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const faults = Object.entries(lock.packages).flatMap(([path, { resolved, integrity, link }]) => {
    if (link || !path.includes('node_modules/')) return [];
    if (resolved !== undefined) return [`${path} has an address: ${resolved}`];
    return integrity === undefined ? [`${path} has no integrity`] : [];
  });
  if (faults.length > 0) throw new Error(`package-lock.json:\n${faults.join('\n')}`);
}

/**
 * @param {string} name of a command that a dependency installed
 * @param {readonly string[]} args
 */
async function tool(name, ...args) {
  await runQuietly(join(root, 'node_modules/.bin', name), args);
}
