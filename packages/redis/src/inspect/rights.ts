import { BackendError } from '@sluice/core';
import type { Connection, Server } from '../connection.js';
import type { Keys, PartitionKeys } from '../keys.js';
import source from '../lua/rights.lua';
import { loadScripts } from '../scripts.js';
import { advice, type Finding, type FoundHere, unsafe } from './finding.js';
import { together } from './together.js';

/** What a user of the server may be for. */
export type Task = 'count' | 'read' | 'apply' | 'operate';

interface Need {
  readonly verb: string;
  readonly scripts: readonly (keyof ReturnType<typeof loadScripts>)[];
  /** Commands outside scripts. */
  readonly plain: readonly string[];
  readonly keys: readonly (keyof PartitionKeys)[];
}

const NEEDS: Readonly<Record<Task, Need>> = {
  count: {
    verb: 'count',
    scripts: ['join', 'add'],
    plain: ['EVALSHA', 'SADD'],
    keys: ['entries', 'pending', 'state'],
  },
  read: {
    verb: 'read counts',
    scripts: ['read'],
    plain: ['EVALSHA', 'SMEMBERS'],
    keys: ['entries', 'batch'],
  },
  apply: {
    verb: 'apply batches',
    scripts: ['claim', 'release', 'renew', 'ack', 'nack', 'bury'],
    plain: ['EVALSHA', 'SMEMBERS', 'EXISTS'],
    keys: ['entries', 'pending', 'batch', 'dead', 'deadOrder', 'state'],
  },
  operate: {
    verb: 'look at partitions and dead letters',
    scripts: ['stats', 'deadLetters', 'redrive', 'discard'],
    plain: ['EVALSHA', 'SMEMBERS'],
    keys: ['entries', 'pending', 'batch', 'dead', 'deadOrder', 'state'],
  },
};

/** Everything that a user may be for. */
export const TASKS: readonly Task[] = Object.keys(NEEDS) as Task[];

/** What the user lacks for tasks, at each master; `undefined` where one of them cannot say, as before Redis 7. */
export async function rightsFindings(
  connection: Connection,
  keys: Keys,
  tasks: readonly Task[],
): Promise<Finding[] | undefined> {
  const found = await Promise.all(
    (await connection.masters()).map(
      async (server) => [server.name.trim(), await lackingAt(server, keys, tasks)] as const,
    ),
  );
  if (found.some(([, here]) => here === undefined)) return undefined;
  return together(found.map(([server, here]) => [server, here ?? []]));
}

async function lackingAt(
  server: Server,
  keys: Keys,
  tasks: readonly Task[],
): Promise<FoundHere[] | undefined> {
  const found: FoundHere[] = [];
  for (const task of tasks) {
    const lacking = await lackingFor(server, keys, NEEDS[task]);
    if (lacking === undefined) return undefined;
    found.push(...lacking);
  }
  return found;
}

async function lackingFor(server: Server, keys: Keys, need: Need): Promise<FoundHere[] | undefined> {
  const names = [...need.keys.map((key) => keys.of(0)[key]), ...keys.partitionCounts.slice(0, 1)];
  const commands = commandsOf(need);
  const rights = await ask(server, names, commands);
  if (rights === undefined) return undefined;
  if (rights === 'denied') return [denied(need.verb, ['EVAL'])];
  const absent = commands.filter((_, c) => rights[c]?.includes('?'));
  if (absent.length > 0) return [missing(need.verb, absent)];
  const closed = names.filter((_, k) =>
    rights.every((right, c) => commands[c] === 'TIME' || right[k] === '0'),
  );
  if (closed.length > 0) return [shut(need.verb, closed)];
  const lacking = commands.filter((_, c) => !rights[c]?.includes('1'));
  return lacking.length === 0 ? [] : [denied(need.verb, lacking)];
}

/** The rights at each command, in the order of the keys; `denied` if the user may not even ask. */
async function ask(
  server: Server,
  keys: readonly string[],
  commands: readonly string[],
): Promise<readonly string[] | 'denied' | undefined> {
  try {
    const words = [String(keys.length), ...keys, ...commands];
    const reply = await server.run((client) => client.eval(source, 0, ...words));
    return Array.isArray(reply) ? reply.map(String) : undefined;
  } catch (error) {
    if (error instanceof BackendError && error.code === 'ERR_SLUICE_BACKEND_DENIED') return 'denied';
    throw error;
  }
}

function denied(verb: string, commands: readonly string[]): FoundHere {
  return advice(
    'rights',
    `The user of the Redis server cannot ${verb}: it may not run ${commands.join(', ')}.`,
    `If it is to, have an administrator run: ACL SETUSER <user> ${commands.map((command) => `+${command.toLowerCase()}`).join(' ')}`,
  );
}

function shut(verb: string, keys: readonly string[]): FoundHere {
  return advice(
    'rights',
    `The user of the Redis server cannot ${verb}: it may not touch ${keys.join(', ')}.`,
    `If it is to, have an administrator run: ACL SETUSER <user> ~${keys[0]?.split('{')[0]}*`,
  );
}

function missing(verb: string, commands: readonly string[]): FoundHere {
  return unsafe(
    'rights',
    `the server does not let anyone ${verb}: it has no ${commands.join(', ')}, or has it under another name.`,
    'Take rename-command out of its configuration',
  );
}

function commandsOf({ scripts, plain }: Need): string[] {
  const all = loadScripts();
  const called = scripts.flatMap((name) => [
    ...all[name].source.matchAll(/\b(?:redis\.call|call_in_chunks)\('([A-Z]+)'/g),
  ]);
  return [...new Set([...plain, ...called.map(([, command = '']) => command)])];
}
