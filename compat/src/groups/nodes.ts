import { WORK } from '../dependencies.js';
import type { Group, Line } from '../group.js';
import { NODES, type NodeName, nodeOf } from '../nodes.js';
import { FORMATS, type Format, writeWork } from '../work.js';

/** Each Node in each format. Kysely 0.29 wants Node 22. */
export const nodes: readonly Group[] = [group('0.28', NODES), group('0.29', NODES.slice(1))];

function group(kysely: string, names: readonly NodeName[]): Group {
  return {
    dependencies: { ...WORK, kysely: `~${kysely}.0` },
    lines: names.flatMap((name) => FORMATS.map((format) => line(name, format, kysely))),
  };
}

function line(name: NodeName, format: Format, kysely: string): Line {
  return {
    name: `Node ${name}, ${format}, Kysely ${kysely}`,
    run: async ({ project, servers }) => {
      const file = await writeWork(project, 'main', format);
      const node = await nodeOf(name);
      return servers.during((env) => project.node([file], env, node));
    },
  };
}
