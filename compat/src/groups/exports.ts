import { checkExports } from '../../../scripts/exports.mjs';
import type { Group } from '../group.js';
import { publishable } from '../packages.js';

export const exports: Group = {
  dependencies: {
    '@opentelemetry/api': '^1.9.0',
    bullmq: '^6.7.0',
    ioredis: '^6.0.0',
    kysely: '^0.28.0',
    '@types/node': '^20.19.0',
  },
  lines: [
    {
      name: 'values of the types = values at run time',
      run: async ({ project }) => {
        await checkExports(publishable().map((name) => project.path('node_modules', name)));
        return 'all packages, both formats';
      },
    },
  ],
};
