import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './packages.js';
import type { Project } from './project.js';

export type Format = 'esm' | 'cjs';

export const FORMATS: readonly Format[] = ['esm', 'cjs'];

export const EXTENSIONS = { esm: 'mjs', cjs: 'cjs' };

const WORK = join(root, 'compat/work');

/** Writes one of the programs in work/ as JavaScript of one format. Packages stay imports of the project. */
export async function writeWork(project: Project, name: string, format: Format): Promise<string> {
  return writeSource(project, `${name}.${EXTENSIONS[format]}`, format, `import './${name}.ts';`);
}

/** Writes source text that may import the files of work/. */
export async function writeSource(
  project: Project,
  file: string,
  format: Format,
  source: string,
): Promise<string> {
  await build({
    stdin: { contents: source, resolveDir: WORK, loader: 'ts' },
    outfile: project.path(file),
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format,
    logLevel: 'silent',
  });
  return file;
}

/** Copies the programs as they are, in TypeScript. */
export async function copyWork(project: Project, folder: string): Promise<void> {
  const names = await readdir(WORK);
  await Promise.all(names.map((name) => project.copy(join('compat/work', name), join(folder, name))));
}
