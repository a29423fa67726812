import { command } from '../command.js';
import { WORK } from '../dependencies.js';
import type { Group } from '../group.js';
import { publishable } from '../packages.js';
import type { Project } from '../project.js';
import { FORMATS, writeWork } from '../work.js';

const YARN = 'node_modules/@yarnpkg/cli-dist/bin/yarn.js';
const PNPM = 'node_modules/pnpm/bin/pnpm.mjs';

/** Without the program, which depends on others of them: these managers would look for those in the registry. */
const LIBRARIES = publishable().filter((name) => name !== '@sluice/cli');

/** Package managers under which a package reaches only what it names: openBuffer must still find its backends. */
export const managers: readonly Group[] = [
  {
    packages: LIBRARIES,
    dependencies: WORK,
    install: pnpm,
    lines: FORMATS.map((format) => ({
      name: `pnpm without hoisting, ${format}`,
      run: async ({ project, servers }) => {
        const file = await writeWork(project, 'main', format);
        return servers.during((env) => project.node([file], env));
      },
    })),
  },
  {
    packages: LIBRARIES,
    dependencies: WORK,
    install: yarn,
    lines: FORMATS.map((format) => ({
      name: `Yarn PnP, ${format}`,
      run: async ({ project, servers }) => {
        const file = await writeWork(project, 'main', format);
        return servers.during((env) => project.node([`manager/${YARN}`, 'node', file], env));
      },
    })),
  },
];

async function pnpm(project: Project): Promise<void> {
  await installManager(project, 'pnpm', '^12.21.0');
  await project.write(
    'pnpm-workspace.yaml',
    'hoist: false\nautoInstallPeers: false\nstoreDir: ./store\nstrictDepBuilds: false\n',
  );
  await project.node([`manager/${PNPM}`, 'install']);
}

async function yarn(project: Project): Promise<void> {
  await installManager(project, '@yarnpkg/cli-dist', '^4.18.1');
  const registry = (await project.run('npm', ['config', 'get', 'registry'])).trim();
  const settings = {
    enableGlobalCache: false,
    enableTelemetry: false,
    nodeLinker: 'pnp',
    npmRegistryServer: registry,
  };
  await project.write('.yarnrc.yml', settings);
  await project.write('yarn.lock', '');
  await project.node([`manager/${YARN}`, 'install']);
}

/** The manager is a program beside the project, not a part of it. */
async function installManager(project: Project, name: string, version: string): Promise<void> {
  await project.write('manager/package.json', { private: true, dependencies: { [name]: version } });
  await command('npm', ['install', '--no-audit', '--no-fund'], { cwd: project.path('manager') });
}
