import type { JobsOptions } from 'bullmq';

/**
 * BullMQ adds no job under the id of one that it has: so there is one a partition at most, waiting, active or stalled.
 * It must be gone as soon as it ends, in whatever way, or the next one could not be added. Nor is it worth keeping: what
 * it was for is still pending.
 */
export function jobOptions(partition: number): JobsOptions {
  return { jobId: `partition-${partition}`, removeOnComplete: true, removeOnFail: true };
}
