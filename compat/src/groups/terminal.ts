import type { Group } from '../group.js';

/** The program, installed as `npx` would. */
export const terminal: Group = {
  packages: ['@sluice/cli', '@sluice/core', '@sluice/redis'],
  dependencies: {},
  lines: [
    {
      name: 'the command line',
      run: async ({ project, servers }) => {
        const sluice = project.path('node_modules/.bin/sluice');
        const env = { SLUICE_URL: `${servers.redis.url}?prefix=${crypto.randomUUID()}` };
        for (const args of [['--help'], ['status'], ['bench', '--seconds', '1'], ['dead', 'list', '--json']])
          await project.run(sluice, args, env);
        return 'helped, looked, measured';
      },
    },
  ],
};
