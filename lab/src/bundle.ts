import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Cut } from './guards.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = (name: string): string => join(root, 'packages', name, 'src/index.ts');

/** The programs of the children, each one file, so that hundreds of them start quickly. */
export interface Programs {
  readonly producer: string;
  readonly worker: string;
}

/**
 * Bundles the children from the sources as they are now: what changes later does not disturb a long run.
 * @throws Error when a cut finds nothing to cut: the guard is somewhere else, and the laboratory must follow
 */
export async function bundleChildren(folder: string, cuts: readonly Cut[]): Promise<Programs> {
  const missed = new Set(cuts);
  const entry = (name: string): string => join(root, 'lab/src/child', `${name}.ts`);
  await build({
    entryPoints: [entry('producer'), entry('worker')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    // CommonJS dependencies ask for Node's own modules by require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/');" },
    alias: Object.fromEntries(
      ['core', 'kysely', 'redis', 'testing'].map((name) => [`@sluice/${name}`, sources(name)]),
    ),
    loader: { '.lua': 'text' },
    external: ['pg-native'],
    logLevel: 'silent',
    plugins: [cutting(cuts, missed)],
  });
  if (missed.size > 0)
    throw new Error(`Nothing to cut: ${[...missed].map(({ file, find }) => `${find} in ${file}`)}`);
  return { producer: join(folder, 'producer.mjs'), worker: join(folder, 'worker.mjs') };
}

function cutting(cuts: readonly Cut[], missed: Set<Cut>): Plugin {
  return {
    name: 'cutting',
    setup({ onLoad }) {
      if (cuts.length === 0) return;
      onLoad({ filter: /\.(ts|lua)$/ }, async ({ path }) => {
        const here = cuts.filter(({ file }) => path.endsWith(file));
        if (here.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const cut of here) {
          const { find, replace } = cut;
          if (!find.test(contents)) continue;
          contents = contents.replace(find, replace);
          missed.delete(cut);
        }
        return { contents, loader: path.endsWith('.lua') ? 'text' : 'ts' };
      });
    },
  };
}
