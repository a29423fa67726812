import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORK } from '../dependencies.js';
import type { Group } from '../group.js';
import { root } from '../packages.js';
import { FORMATS, writeWork } from '../work.js';

const ioredis = peerOf('redis', 'ioredis');
const kysely = peerOf('kysely', 'kysely');
const bullmq = peerOf('bullmq', 'bullmq').split(' || ');

/** The lowest versions that the packages admit, and the newest of each major one. Newer Kyselys run with the Nodes. */
export const peers: readonly Group[] = [
  group(lowestOf(ioredis), lowestOf(kysely), lowestOf(bullmq.join())),
  // BullMQ had a new major version when ioredis had one.
  ...ioredis.split(' || ').map((range, i) => group(range, WORK.kysely, bullmq[i] ?? WORK.bullmq)),
];

function group(ioredis: string, kysely: string, bullmq: string): Group {
  return {
    dependencies: { ...WORK, bullmq, ioredis, kysely },
    lines: FORMATS.map((format) => ({
      name: `ioredis ${ioredis}, Kysely ${kysely}, BullMQ ${bullmq}, ${format}`,
      run: async ({ project, servers }) => {
        const file = await writeWork(project, 'main', format);
        return servers.during((env) => project.node([file], env));
      },
    })),
  };
}

function peerOf(folder: string, name: string): string {
  const text = readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8');
  const { peerDependencies } = JSON.parse(text) as { peerDependencies: Readonly<Record<string, string>> };
  const range = peerDependencies[name];
  if (range === undefined) throw new Error(`${folder} has no peer ${name}`);
  return range;
}

/** Ranges begin with their lowest version: `^5.4 || ^6`, `>=0.28 <0.30`. */
function lowestOf(range: string): string {
  const [lowest = ''] = range.match(/\d+(\.\d+)*/) ?? [];
  return [...lowest.split('.'), '0', '0'].slice(0, 3).join('.');
}
