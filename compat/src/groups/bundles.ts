import { cp } from 'node:fs/promises';
import type { Group, Line } from '../group.js';
import { Project } from '../project.js';
import { FORMATS, type Format, writeWork } from '../work.js';

interface Bundler {
  readonly name: string;
  /** Makes `out/main.<extension>` of a program, and perhaps files beside it. */
  bundle(project: Project, source: string): Promise<unknown>;
  readonly extension: 'mjs' | 'cjs';
}

const ESBUILD = ['node_modules/esbuild/bin/esbuild', '--bundle', '--platform=node', '--log-level=warning'];

export const esbuild: Bundler = {
  name: 'esbuild',
  extension: 'cjs',
  bundle: (project, source) => project.node([...ESBUILD, source, '--outfile=out/main.cjs']),
};

const minified: Bundler = {
  name: 'esbuild --minify',
  extension: 'cjs',
  bundle: (project, source) => project.node([...ESBUILD, '--minify', source, '--outfile=out/main.cjs']),
};

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
        plugins: [nodeResolve({ preferBuiltins: true }), commonjs(), json()],
        output: { dir: 'out', format: 'es', entryFileNames: 'main.mjs', chunkFileNames: '[name].mjs' },
      };`,
    );
    await project.node(['node_modules/rollup/dist/bin/rollup', '--config', '--silent', source]);
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
  esbuild: '^0.27.7',
  rollup: '^4.68.0',
  webpack: '^5.112.0',
  'webpack-cli': '^7.3.0',
};

export const bundles: readonly Group[] = [
  {
    dependencies: { ...DEPENDENCIES, ioredis: '^6.0.0', kysely: '~0.28.0', 'sql.js': '^1.16.0' },
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
