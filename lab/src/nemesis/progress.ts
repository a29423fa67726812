import type { RedisNode } from '@sluice/test-servers';
import { Redis } from 'ioredis';

/** What was done in a partition so far. */
export interface Progress {
  /** Writes that were applied. */
  readonly writes: number;
  /** Batches that were claimed. */
  readonly batches: number;
}

/** What a server, master or replica, has of each partition; by the key of its state. */
export async function progressOf({ port }: RedisNode): Promise<ReadonlyMap<string, Progress>> {
  const client = new Redis(port, { readOnly: true, retryStrategy: null, commandTimeout: 2000 });
  client.on('error', () => {});
  try {
    const states = await client.keys('sluice:{*}:state');
    const progress = states.map(async (state) => {
      const [writes, batches] = await client.hmget(state, 'applied', 'batches');
      return [state, { writes: Number(writes), batches: Number(batches) }] as const;
    });
    return new Map(await Promise.all(progress));
  } finally {
    client.disconnect();
  }
}

/** What one of two servers lacks that the other one has. */
export async function missingAt(at: RedisNode, from: RedisNode): Promise<Progress> {
  // In this order, so that what is written in between does not count.
  const [all, some] = [await progressOf(from), await progressOf(at)];
  const missing = { writes: 0, batches: 0 };
  for (const [state, { writes, batches }] of all) {
    const has = some.get(state);
    missing.writes += Math.max(0, writes - (has?.writes ?? 0));
    missing.batches += Math.max(0, batches - (has?.batches ?? 0));
  }
  return missing;
}

/** Whether so many servers have each partition: one that began on a lost master alone would begin anew. */
export async function haveAll(
  servers: readonly RedisNode[],
  copies: number,
  partitions: number,
): Promise<boolean> {
  const held = await Promise.all(servers.map(progressOf));
  return held.reduce((sum, { size }) => sum + size, 0) === copies * partitions;
}
