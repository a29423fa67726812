import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundled, esbuild } from './src/groups/bundles.js';
import { jest, lineOf } from './src/groups/runners.js';
import { mixedTypes } from './src/groups/typescript.js';
import { packAll, root } from './src/packages.js';
import { Project } from './src/project.js';
import { Servers } from './src/servers.js';
import { writeWork } from './src/work.js';

// The short form of `npm run compat`: the packed packages in one project, without a registry. What they depend on is
// linked from this repository, and nothing else: a dependency that package.json does not name is not found.

let project: Project;
let servers: Servers;

beforeAll(async () => {
  [project, servers] = await Promise.all([Project.create(), Servers.start()]);
  await project.write('package.json', { private: true });
  const packed = await packAll(project.folder);
  for (const { name, file } of packed) await unpack(name, file);
  await Promise.all(['@types/node', 'jest', 'sql.js', 'typescript'].map((name) => link(name, 'compat')));
});

afterAll(async () => {
  await Promise.all([project?.remove(), servers?.stop()]);
});

test('a CommonJS program', async () => {
  const file = await writeWork(project, 'main', 'cjs');
  const steps = await servers.during((env) => project.node([file], env));
  expect(steps).toContain('redis away, retried call');
});

test('Jest in its default mode', async () => {
  await lineOf(jest).run({ project, servers });
});

test('types of both formats in one TypeScript program', async () => {
  await mixedTypes.run({ project, servers });
});

test('a bundle of CommonJS sources, run from a folder without node_modules', async () => {
  await bundled(esbuild, 'service', 'cjs').run({ project, servers });
});

test('the command line', async () => {
  const env = { SLUICE_URL: servers.redis.url };
  const program = 'node_modules/@sluice/cli/dist/main.js';
  expect(await project.node([program, 'status', '--json'], env)).toContain('"partitions":');
});

/** Puts a package where npm would, and beside it what its package.json names. */
async function unpack(name: string, file: string): Promise<void> {
  const folder = project.path('node_modules', name);
  await mkdir(folder, { recursive: true });
  await project.run('tar', ['-xzf', file, '--strip-components=1', '-C', folder]);
  const { dependencies, peerDependencies } = createRequire(import.meta.url)(`${folder}/package.json`) as {
    readonly dependencies?: object;
    readonly peerDependencies?: object;
  };
  const names = Object.keys({ ...dependencies, ...peerDependencies });
  const others = names.filter((dependency) => !dependency.startsWith('@sluice/'));
  await Promise.all(others.map((dependency) => link(dependency, name.replace('@sluice/', 'packages/'))));
}

/** Links what npm installed for a workspace: in its own folder, if versions differ, or in the root. */
async function link(name: string, workspace: string): Promise<void> {
  const folders = [join(root, workspace), root].map((folder) => join(folder, 'node_modules', name));
  const target = folders.find((folder) => existsSync(folder));
  if (target === undefined) throw new Error(`${name} is not installed`);
  const path = project.path('node_modules', name);
  // Two packages of Sluice may name the same.
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
