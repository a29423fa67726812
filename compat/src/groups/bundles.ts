import { cp } from 'node:fs/promises';
import { build } from 'esbuild';
import { WORK } from '../dependencies.js';
import type { Group, Line } from '../group.js';
import { Project } from '../project.js';
import { FORMATS, type Format, writeWork } from '../work.js';

interface Bundler {
  readonly name: string;
  /** Makes `out/main.<extension>` of a program, and perhaps files beside it. */
  bundle(project: Project, source: string): Promise<unknown>;
  readonly extension: 'mjs' | 'cjs';
}

export const esbuild = esbuildOf('esbuild', false);
const minified = esbuildOf('esbuild --minify', true);

function esbuildOf(name: string, minify: boolean): Bundler {
  return {
    name,
    extension: 'cjs',
    bundle: (project, source) =>
      build({
        entryPoints: [project.path(source)],
        outfile: project.path('out/main.cjs'),
        bundle: true,
        platform: 'node',
        logLevel: 'silent',
        minify,
      }),
  };
}

const rollup: Bundler = {
  name: 'rollup',
  extension: 'mjs',
  async bundle(project, source) {
    await project.write(
      'rollup.config.mjs',
      `import commonjs from '@rollup/plugin-commonjs';
      import json from '@rollup/plugin-json';
      import { nodeResolve } from '@rollup/plugin-node-resolve';
      export default {
        input: '${source}',
        plugins: [nodeResolve({ preferBuiltins: true }), commonjs(), json()],
        output: { dir: 'out', format: 'es', entryFileNames: 'main.mjs', chunkFileNames: '[name].mjs' },
      };`,
    );
    await project.node(['node_modules/rollup/dist/bin/rollup', '--config', '--silent']);
  },
};

const webpack: Bundler = {
  name: 'webpack',
  extension: 'cjs',
  async bundle(project, source) {
    await project.write(
      'webpack.config.cjs',
      `module.exports = {
        mode: 'production',
        target: 'node20',
        entry: './${source}',
        output: { path: __dirname + '/out', filename: 'main.cjs', chunkFilename: '[name].cjs' },
        // sql.js assigns to \`module\`; and its size takes a minifier a minute.
        module: { noParse: /sql-asm/ },
        optimization: { minimize: false },
        stats: 'errors-only',
      };`,
    );
    await project.node(['node_modules/webpack-cli/bin/cli.js', '--config', 'webpack.config.cjs']);
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
      await bundler.bundle(project, source);
      // Elsewhere, without node_modules: what was not bundled is not found.
      const elsewhere = await Project.create();
      try {
        await cp(project.path('out'), elsewhere.folder, { recursive: true });
        return await servers.during((env) => elsewhere.node([`main.${bundler.extension}`], env));
      } finally {
        await elsewhere.remove();
      }
    },
  };
}
