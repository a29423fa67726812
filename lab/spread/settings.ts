/** What a worker process needs to know. */
export interface WorkerSettings {
  readonly redisUrl: string;
  /** BullMQ's. */
  readonly queueUrl: string;
  readonly postgresUrl: string;
}

export const QUEUE = 'sluice';
export const LEASE_MS = 2000;
