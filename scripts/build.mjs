import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, runQuietly } from './run.mjs';

/** Builds the packages whose dist is missing or older than what it is made from. */
export async function buildStale() {
  const stale = packages().filter(isStale).sort(coreFirst);
  if (stale.length === 0) return;
  console.log(`Building ${stale.join(', ')} …`);
  await runQuietly('npm', ['run', 'build', ...stale.map((name) => `--workspace=packages/${name}`)]);
}

/**
 * The others are built against the types of core, and npm keeps the order in which it is told.
 * @param {string} a
 * @param {string} b
 */
function coreFirst(a, b) {
  return Number(b === 'core') - Number(a === 'core');
}

/** The folders in packages/ that are built. */
export function packages() {
  return readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'tsup.config.ts')),
  );
}

/** @param {string} name */
function isStale(name) {
  const folder = join(root, 'packages', name);
  const manifest = join(folder, 'package.json');
  const { exports, bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const outputs = JSON.stringify([exports, bin]).match(/dist\/[^"]+/g) ?? [];
  const inputs = [
    ...readdirSync(join(folder, 'src'), { recursive: true }).map((file) => join(folder, 'src', String(file))),
    // A folder's time changes when a file in it is removed.
    join(folder, 'src'),
    ...readdirSync(folder)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
    join(root, 'tsup.base.ts'),
    join(root, 'scripts/share-types.mjs'),
    manifest,
  ];
  const builtAt = Math.min(...outputs.map((output) => modifiedAt(join(folder, output))));
  return inputs.some((input) => modifiedAt(input) > builtAt);
}

/** @param {string} path */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
