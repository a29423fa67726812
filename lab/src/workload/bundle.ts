import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The programs of the processes, each in one file, so that hundreds of them start quickly. */
export interface Programs {
  readonly producer: string;
  readonly worker: string;
}

/**
 * Bundles the programs from the sources as they are now, so that edits do not disturb a long run.
 * @param folder where they go
 * @param plugin may change the sources on the way
 */
export async function bundlePrograms(folder: string, plugin: Plugin): Promise<Programs> {
  const source = (name: string, file = 'index'): string => join(root, `packages/${name}/src/${file}.ts`);
  const program = (name: string): string => join(root, 'lab/src/workload/process', `${name}.ts`);
  await build({
    entryPoints: [program('producer'), program('worker')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    // CommonJS dependencies load Node's own modules with require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/');" },
    alias: {
      '@sluice/core': source('core'),
      '@sluice/core/backend': source('core', 'backend'),
      '@sluice/kysely': source('kysely'),
      '@sluice/redis': source('redis'),
      '@sluice/testing': source('testing'),
    },
    loader: { '.lua': 'text' },
    external: ['pg-native'],
    logLevel: 'silent',
    plugins: [plugin],
  });
  return { producer: join(folder, 'producer.mjs'), worker: join(folder, 'worker.mjs') };
}
