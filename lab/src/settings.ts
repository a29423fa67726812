/** What the driver passes to a producer when it starts it. */
export interface ProducerSettings {
  readonly life: number;
  readonly seed: number;
  readonly redisUrl: string;
  readonly partitions: number;
  readonly journal: string;
  readonly writeTimeoutMs: number;
  readonly lingerMs: number;
  /** Time between two bursts of increments, on average. */
  readonly paceMs: number;
}

/** What the driver passes to a worker when it starts it. */
export interface WorkerSettings {
  readonly life: number;
  readonly seed: number;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly partitions: number;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly maxAttempts: number;
  /** The share of transactions that take a while, up to most of a lease. */
  readonly slowShare: number;
}

/** A short timeout, so that a call whose connection is dead is repeated soon. */
export const COMMAND_TIMEOUT_MS = 1500;

/** Rows that all producers count for. */
export const SHARED_ROWS = 12;

/** Rows that one life of a producer has for itself: there the sums must fit almost to the unit. */
export const OWN_ROWS = 4;
