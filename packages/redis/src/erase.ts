import { Keys } from './keys.js';
import source from './lua/erase.lua';
import { type RedisBackendOptions, resolveOptions } from './options.js';
import { PartitionCounts } from './partition-counts.js';

/**
 * Deletes all that is kept under a prefix, for good: what is pending, batches, dead letters, and who counted. For benchmarks
 * and tests that have a prefix to themselves; nobody must use it meanwhile.
 * Rejects with `BackendError` if a server cannot be asked.
 *
 * @example
 * ```ts
 * import { erase } from '@sluice/redis';
 *
 * await erase({ url: 'redis://localhost:6379', prefix: 'load-test' });
 * ```
 * @param options - Those of `redis()`, with the prefix.
 * @throws InvalidInputError as `redis` does
 */
export async function erase(options: RedisBackendOptions): Promise<void> {
  const { connection, replicating, prefix } = resolveOptions(options);
  const keys = new Keys(prefix);
  const remove = (names: readonly string[]): Promise<unknown> =>
    connection.run(names[0] ?? '', (client) => client.eval(source, names.length, ...names));
  try {
    const length = await new PartitionCounts(connection, keys).limit();
    const partitions = Array.from({ length }, (_, partition) => Object.values({ ...keys.of(partition) }));
    await Promise.all(partitions.map(remove));
    // What says which partitions there are goes last, so that it can be done again if it fails.
    await Promise.all([...keys.partitionCounts, keys.olderPartitions].map((key) => remove([key])));
  } finally {
    await Promise.all([connection.close(), replicating.close()]);
  }
}
