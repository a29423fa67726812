import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

// npm leaves the optional packages of other platforms out of package-lock.json when the registry it asks does not
// offer them, or when node_modules was there already; `npm ci` then refuses the file. This adds them.

/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[], optionalDependencies?: Record<string, string> }} Locked */

const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'aix',
];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** @type {readonly (readonly [prefix: string, library: string])[]} */
const LIBC = [
  ['musl', 'musl'],
  ['gnu', 'glibc'],
];

const path = join(root, 'package-lock.json');
/** @type {{ packages: Record<string, Locked> }} */
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([parent, { dev, optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !isLocked(parent, name))
    .map(([name, version]) => /** @type {const} */ ([`node_modules/${name}`, entryOf(name, version, dev)])),
);
if (missing.length > 0) {
  const packages = Object.entries(lock.packages).concat(missing.map(([name, entry]) => [name, entry]));
  packages.sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
}
console.log(`package-lock.json: ${missing.length} packages of other platforms added`);

/**
 * Whether a package finds its dependency, in its own folder or further up.
 * @param {string} parent
 * @param {string} name
 * @returns {boolean}
 */
function isLocked(parent, name) {
  if (lock.packages[`${parent === '' ? '' : `${parent}/`}node_modules/${name}`] !== undefined) return true;
  if (parent === '') return false;
  return isLocked(parent.slice(0, Math.max(0, parent.lastIndexOf('/node_modules/'))), name);
}

/**
 * What npm would write, as far as the name tells: `@rollup/rollup-linux-arm64-musl`.
 * @param {string} name
 * @param {string} version
 * @param {boolean | undefined} dev
 * @returns {Locked}
 */
function entryOf(name, version, dev) {
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version))
    throw new Error(`${name} is optional and has no exact version: ${version}`);
  const words = name.split(/[/-]/);
  const os = OS.filter((word) => words.includes(word));
  const cpu = CPU.filter((word) => words.includes(word));
  if (cpu.length === 0) throw new Error(`The name ${name} does not tell its platform.`);
  const libc = LIBC.flatMap(([prefix, library]) =>
    words.some((word) => word.startsWith(prefix)) ? [library] : [],
  );
  return {
    version,
    cpu,
    ...(dev && { dev }),
    ...(os[0] === 'linux' && libc.length > 0 && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}
