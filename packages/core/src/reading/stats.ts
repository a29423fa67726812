import type { PartitionStats } from '../backend.js';
import type { BufferStats } from '../state.js';

/** What this process holds, beside the totals over the partitions of the backend. */
export function bufferStats(
  process: Pick<BufferStats, 'held' | 'dropped'>,
  partitions: readonly PartitionStats[],
): BufferStats {
  const total = (field: 'pending' | 'claimed' | 'dead' | 'added' | 'taken'): number =>
    partitions.reduce((sum, partition) => sum + partition[field], 0);
  return {
    ...process,
    pending: total('pending'),
    claimed: total('claimed'),
    dead: total('dead'),
    oldestPendingMs: partitions.reduce((oldest, { oldestPendingMs }) => Math.max(oldest, oldestPendingMs), 0),
    added: total('added'),
    taken: total('taken'),
    partitions,
  };
}
