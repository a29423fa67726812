import { WORK } from '../dependencies.js';
import type { Group } from '../group.js';
import { FORMATS, writeWork } from '../work.js';

/** The lowest and the newest version of each peer; what else there is, is in its newest. */
const PEERS: readonly Readonly<Record<'ioredis' | 'kysely', string>>[] = [
  { ioredis: '5.4.0', kysely: '0.28.0' },
  { ioredis: '^5.4.0', kysely: '~0.28.0' },
  { ioredis: '^6.0.0', kysely: '~0.28.0' },
];

export const peers: readonly Group[] = PEERS.map(({ ioredis, kysely }) => ({
  dependencies: { ...WORK, ioredis, kysely },
  lines: FORMATS.map((format) => ({
    name: `ioredis ${ioredis}, Kysely ${kysely}, ${format}`,
    run: async ({ project, servers }) => {
      const file = await writeWork(project, 'main', format);
      return servers.during((env) => project.node([file], env));
    },
  })),
}));
