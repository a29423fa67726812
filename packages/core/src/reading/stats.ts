import type { PartitionStats, UnavailablePartition } from '../backend.js';
import type { BufferStats } from '../state.js';

type Looks = readonly (PartitionStats | UnavailablePartition)[];

/** What this process holds, beside the totals over the partitions of the backend. */
export function bufferStats(process: Pick<BufferStats, 'held' | 'dropped'>, looks: Looks): BufferStats {
  const partitions = seenOf(looks);
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
    unavailable: looks.filter(isUnavailable),
  };
}

/** The partitions that could be looked at. */
export function seenOf(looks: Looks): PartitionStats[] {
  return looks.flatMap((look) => (isUnavailable(look) ? [] : [look]));
}

/**
 * The partitions, for what needs to see all of them.
 * @throws BackendError of the first that could not be looked at
 */
export function allOf(looks: Looks): PartitionStats[] {
  return looks.map((look) => {
    if (isUnavailable(look)) throw look.error;
    return look;
  });
}

function isUnavailable(look: Looks[number]): look is UnavailablePartition {
  return 'error' in look;
}
