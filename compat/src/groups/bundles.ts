import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { WORK } from '../dependencies.js';
import type { Group, Line } from '../group.js';
import { Project } from '../project.js';
import { EXTENSIONS, FORMATS, type Format, writeWork } from '../work.js';

interface Bundler {
  readonly name: string;
  /** Makes a bundle in `out/`, and returns the name of its program. */
  bundle(project: Project, source: string, format: Format): Promise<string>;
}

export const esbuild = esbuildOf('esbuild', false);
const minified = esbuildOf('esbuild --minify', true);

function esbuildOf(name: string, minify: boolean): Bundler {
  return {
    name,
    async bundle(project, source) {
      await build({
        entryPoints: [project.path(source)],
        outfile: project.path('out/main.cjs'),
        bundle: true,
        platform: 'node',
        logLevel: 'silent',
        minify,
      });
      return 'main.cjs';
    },
  };
}

// It assigns to `module` in a way that only esbuild keeps: with the others it lies beside the bundle.
const SQL_JS = 'sql.js/dist/sql-asm.js';

const rollup: Bundler = {
  name: 'rollup',
  async bundle(project, source, format) {
    const extension = EXTENSIONS[format];
    await project.write(
      'rollup.config.mjs',
      `import commonjs from '@rollup/plugin-commonjs';
      import json from '@rollup/plugin-json';
      import { nodeResolve } from '@rollup/plugin-node-resolve';
      export default {
        input: '${source}',
        external: ['${SQL_JS}'],
        plugins: [nodeResolve({ preferBuiltins: true }), commonjs(), json()],
        output: {
          dir: 'out',
          format: '${format}',
          entryFileNames: 'main.${extension}',
          chunkFileNames: '[name].${extension}',
          interop: 'auto',
          paths: { '${SQL_JS}': './sql.cjs' },
        },
      };`,
    );
    await project.node(['node_modules/rollup/dist/bin/rollup', '--config', '--silent']);
    return `main.${extension}`;
  },
};

const webpack: Bundler = {
  name: 'webpack',
  async bundle(project, source) {
    await project.write(
      'webpack.config.cjs',
      `module.exports = {
        mode: 'production',
        target: 'node20',
        entry: './${source}',
        output: { path: __dirname + '/out', filename: 'main.cjs', chunkFilename: '[name].cjs' },
        externals: { '${SQL_JS}': 'commonjs ./sql.cjs' },
        stats: 'errors-only',
      };`,
    );
    await project.node(['node_modules/webpack-cli/bin/cli.js', '--config', 'webpack.config.cjs']);
    return 'main.cjs';
  },
};

const BUNDLERS = [esbuild, minified, rollup, webpack];

const DEPENDENCIES = {
  '@rollup/plugin-commonjs': '^29.0.3',
  '@rollup/plugin-json': '^6.1.0',
  '@rollup/plugin-node-resolve': '^16.0.3',
  rollup: '^4.68.0',
  webpack: '^5.112.0',
  'webpack-cli': '^7.3.0',
};

export const bundles: readonly Group[] = [
  {
    dependencies: { ...DEPENDENCIES, ...WORK },
    lines: BUNDLERS.flatMap((bundler) => FORMATS.map((format) => bundled(bundler, 'service', format))),
  },
  {
    packages: ['@sluice/core', '@sluice/memory'],
    dependencies: DEPENDENCIES,
    lines: BUNDLERS.flatMap((bundler) => FORMATS.map((format) => bundled(bundler, 'memory-only', format))),
  },
];

export function bundled(bundler: Bundler, program: string, format: Format): Line {
  return {
    name: `${bundler.name}, ${format}${program === 'service' ? '' : `, ${program}`}`,
    run: async ({ project, servers }) => {
      const source = await writeWork(project, program, format);
      await project.removeFile('out');
      const main = await bundler.bundle(project, source, format);
      // Elsewhere, without node_modules: what was not bundled is not found.
      const elsewhere = await Project.create();
      try {
        await cp(project.path('out'), elsewhere.folder, { recursive: true });
        await cp(fileURLToPath(import.meta.resolve(SQL_JS)), elsewhere.path('sql.cjs'));
        return await servers.during((env) => elsewhere.node([main], env));
      } finally {
        await elsewhere.remove();
      }
    },
  };
}
