import { exerciseService } from '../../../examples/exercise-service.js';
import manifestOfFastify from '../../../examples/fastify/package.json' with { type: 'json' };
import manifestOfNest from '../../../examples/nestjs/package.json' with { type: 'json' };
import type { Group } from '../group.js';

/** The example services, as projects of their own. */
export const services: readonly Group[] = [
  service('NestJS', 'examples/nestjs', manifestOfNest),
  service('Fastify', 'examples/fastify', manifestOfFastify),
];

interface Manifest {
  readonly type: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function service(name: string, folder: string, { type, dependencies, devDependencies }: Manifest): Group {
  const others = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([dependency]) => !dependency.startsWith('@sluice/'),
  );
  return {
    manifest: { type },
    dependencies: Object.fromEntries(others),
    lines: [
      {
        name: `${name} service`,
        run: async ({ project, servers }) => {
          await project.copy(`${folder}/src`, 'src');
          await project.copy(`${folder}/tsconfig.json`, 'tsconfig.json');
          await project.node(['node_modules/typescript/bin/tsc']);
          const url = `${servers.redis.url}?prefix=${crypto.randomUUID()}`;
          await exerciseService(project.path('dist/main.js'), url);
          return 'compiled, counted, stopped, started again';
        },
      },
    ],
  };
}
