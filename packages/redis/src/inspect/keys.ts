import type { Connection } from '../connection.js';
import type { Keys, PartitionKeys } from '../keys.js';
import source from '../lua/types.lua';
import type { PartitionCounts } from '../partition-counts.js';
import { type Finding, unsafe } from './finding.js';
import { isRefusal } from './look.js';

const TYPES: Readonly<Record<keyof PartitionKeys, string>> = {
  entries: 'hash',
  pending: 'list',
  batch: 'hash',
  dead: 'hash',
  deadOrder: 'zset',
  state: 'hash',
};

/** The keys that another program has written to; `undefined` where the user may not ask for types. */
export async function keyFindings(
  connection: Connection,
  keys: Keys,
  counts: PartitionCounts,
): Promise<Finding[] | undefined> {
  try {
    const sets = await Promise.all(
      [...keys.partitionCounts, keys.olderPartitions].map((key) => misusedOf(connection, { [key]: 'set' })),
    );
    if (sets.some((misused) => misused.length > 0)) return sets.flat();
    const partitions = Array.from({ length: await counts.limit() }, (_, partition) => keys.of(partition));
    const misused = await Promise.all(partitions.map((names) => misusedOf(connection, typesOf(names))));
    return misused.flat();
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The types that the keys of a partition should have, by key. */
function typesOf(names: PartitionKeys): Record<string, string> {
  return Object.fromEntries(
    Object.entries(TYPES).map(([name, type]) => [names[name as keyof PartitionKeys], type]),
  );
}

async function misusedOf(connection: Connection, expected: Record<string, string>): Promise<Finding[]> {
  const names = Object.keys(expected);
  const types = await connection.run(names[0] ?? '', (client) => client.eval(source, names.length, ...names));
  return names.flatMap((name, i) => {
    const type = String((types as unknown[])[i]);
    if (type === 'none' || type === expected[name]) return [];
    const found = unsafe(
      'keys',
      `the key ${name} is a ${type}, and Sluice keeps a ${expected[name]} there: another program uses it.`,
      'Rename or delete the key if it can go, or give one of the two programs another prefix',
    );
    return [{ ...found, servers: [] }];
  });
}
