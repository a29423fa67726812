import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { root, runMain, runQuietly } from './run.mjs';

const OUTPUTS = ['dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts'];
const TSUP = join(root, 'node_modules/tsup/dist/cli-default.js');

/** Builds the packages whose dist is missing or older than their sources. */
export async function buildStale() {
  const stale = packages().filter(isStale);
  if (stale.length === 0) return;
  console.log(`Building ${stale.join(', ')} …`);
  await build(stale);
}

/**
 * Builds packages, each after those it depends on.
 * @param {readonly string[]} names
 */
async function build(names) {
  /** @type {Map<string, Promise<unknown>>} */
  const builds = new Map();
  /** @type {(name: string) => Promise<unknown>} */
  const built = (name) => {
    if (!names.includes(name)) return Promise.resolve();
    const started = builds.get(name) ?? Promise.all(dependenciesOf(name).map(built)).then(() => tsup(name));
    builds.set(name, started);
    return started;
  };
  await Promise.all(names.map(built));
}

/** @param {string} name */
function tsup(name) {
  return runQuietly(process.execPath, [TSUP, '--silent'], { cwd: join(root, 'packages', name) });
}

/** The folders in packages/ that have sources. */
export function packages() {
  return readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'src/index.ts')),
  );
}

/**
 * The packages that a package is built against. Peers do not count: core names its backends there.
 * @param {string} name
 */
function dependenciesOf(name) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
  );
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return names
    .filter((dependency) => dependency.startsWith('@sluice/'))
    .map((dependency) => dependency.slice(8));
}

/** @param {string} name */
function isStale(name) {
  const folder = join(root, 'packages', name);
  const built = Math.min(...OUTPUTS.map((output) => modifiedAt(join(folder, output))));
  const sources = readdirSync(join(folder, 'src'), { recursive: true }).map((file) =>
    join(folder, 'src', String(file)),
  );
  const inputs = [...sources, join(folder, 'package.json'), join(folder, 'tsup.config.ts')];
  return inputs.some((input) => modifiedAt(input) > built);
}

/** @param {string} path */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (realpathSync(argv[1] ?? root) === realpathSync(fileURLToPath(import.meta.url)))
  await runMain(() => build(packages()));
