import { WORK } from '../dependencies.js';
import type { Context, Group, Line } from '../group.js';
import { nodeOf } from '../nodes.js';
import { copyWork } from '../work.js';

const STRICT = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  esModuleInterop: true,
  skipLibCheck: false,
};

/** A class with private members or a unique symbol, declared in two files, would be two types. */
export const mixedTypes: Line = {
  name: 'TypeScript, types of both formats in one program',
  run: async ({ project }) => {
    await project.copy('compat/work/formats', 'formats');
    const compilerOptions = { ...STRICT, module: 'nodenext', noEmit: true };
    await project.write('formats/tsconfig.json', { compilerOptions, include: ['*'] });
    await project.node(['node_modules/typescript/bin/tsc', '--project', 'formats']);
    return 'strict';
  },
};

const TYPES = ['module', 'commonjs'] as const;

type Type = (typeof TYPES)[number];

/** Resolutions of modules, in a project whose files are ESM, and in one whose files are CommonJS. */
const compilers = ['6.0', '7.0'].flatMap((version) =>
  TYPES.map((type) =>
    group(type, { typescript: `~${version}.0` }, [
      compiled(version, 'node16', type),
      compiled(version, 'nodenext', type),
      checked(version, 'bundler', type),
      ...(type === 'module' && version === '6.0' ? [mixedTypes] : []),
    ]),
  ),
);

/** The same files, run as they are. */
const runners = TYPES.map((type) =>
  group(type, { tsx: '^4.23.15' }, [
    run('tsx', type, async ({ project }, env) => project.node(['--import', 'tsx', 'main.ts'], env)),
    // Node strips types only; imports of a CommonJS project would stay imports.
    ...(type === 'module' ? (['22', '24'] as const) : []).map((name) =>
      run(`type stripping, Node ${name}`, type, async ({ project }, env) =>
        project.node(['main.ts'], env, await nodeOf(name)),
      ),
    ),
  ]),
);

export const typescript: readonly Group[] = [...compilers, ...runners];

function group(type: Type, dependencies: Readonly<Record<string, string>>, lines: readonly Line[]): Group {
  return { manifest: { type }, dependencies: { '@types/node': '^20.19.0', ...WORK, ...dependencies }, lines };
}

function compiled(version: string, resolution: string, type: Type): Line {
  return {
    name: `TypeScript ${version} ${resolution}, ${type}`,
    run: async (context) => {
      const { project, servers } = context;
      const options = { module: resolution, rewriteRelativeImportExtensions: true, outDir: 'out' };
      await compile(context, resolution, options);
      return servers.during((env) => project.node(['out/main.js'], env));
    },
  };
}

function checked(version: string, resolution: string, type: Type): Line {
  return {
    name: `TypeScript ${version} ${resolution}, ${type}`,
    run: async (context) => {
      const options = {
        module: 'preserve',
        moduleResolution: resolution,
        allowImportingTsExtensions: true,
        noEmit: true,
      };
      await compile(context, resolution, options);
      return 'strict';
    },
  };
}

async function compile({ project }: Context, name: string, options: object): Promise<void> {
  await copyWork(project, '.');
  const config = `tsconfig.${name}.json`;
  await project.write(config, { compilerOptions: { ...STRICT, ...options }, include: ['*.ts'] });
  await project.node(['node_modules/typescript/bin/tsc', '--project', config]);
}

function run(
  name: string,
  type: Type,
  execute: (context: Context, env: Readonly<Record<string, string>>) => Promise<string>,
): Line {
  return {
    name: `TypeScript by ${name}, ${type}`,
    run: async (context) => {
      await copyWork(context.project, '.');
      return context.servers.during((env) => execute(context, env));
    },
  };
}
