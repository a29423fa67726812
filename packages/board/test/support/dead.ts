import { type Buffer, createBuffer, type FilterValue } from '@sluice/core';
import { memory } from '@sluice/memory';
import { type ManualClock, manualClock } from '@sluice/testing';

export const quiet = { warn: () => {}, error: () => {} };

export interface World {
  readonly clock: ManualClock;
  readonly buffer: Buffer;
}

/** A buffer whose sink rejects targets for the reason that the filter `reason` says. */
export function world(partitions = 2): World {
  const clock = manualClock();
  const buffer = createBuffer({
    backend: memory({ clock }),
    clock,
    partitions,
    logger: quiet,
    sink: async ({ entries }) => ({
      rejected: entries.flatMap(({ filters }, index) =>
        typeof filters.reason === 'string' ? [{ index, reason: filters.reason }] : [],
      ),
    }),
  });
  return { clock, buffer };
}

/** Makes dead letters with these filters, of model Page. */
export async function bury(buffer: Buffer, filters: readonly Record<string, FilterValue>[]): Promise<void> {
  await Promise.all(
    filters.map((each) => buffer.incr('Page', { views: 3 }, { reason: 'no such page', ...each })),
  );
  await buffer.processPending();
}
