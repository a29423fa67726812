import type { Engine } from '@sluice/core';
import type { PgBoss } from 'pg-boss';

/** An engine over pg-boss. The queue takes one job for each key, queued or active, and a partition is a key. */
export async function pgBoss(boss: PgBoss, queue = 'sluice'): Promise<Engine> {
  // A process that was killed keeps its partition until its job expires.
  await boss.createQueue(queue, {
    policy: 'exclusive',
    retryLimit: 0,
    expireInSeconds: 60,
    deleteAfterSeconds: 60,
  });
  return ({ process, failed }) => {
    boss.on('error', failed);
    boss
      .work<{ partition: number }>(
        queue,
        { localConcurrency: 4, pollingIntervalSeconds: 0.5 },
        async (jobs) => {
          for (const { data } of jobs) await process(data.partition);
        },
      )
      .catch(failed);
    return {
      dispatch: (partitions) =>
        boss.insert(
          queue,
          partitions.map((partition) => ({ data: { partition }, singletonKey: String(partition) })),
        ),
      close: () => boss.offWork(queue, { wait: true }),
    };
  };
}
