import type { RedisBackendOptions } from '@sluice/redis';

type Durability = NonNullable<RedisBackendOptions['durability']>;

/** How the producers count and the workers apply. */
export interface Workload {
  /** What replicas must have: claims, and what every other producer writes. */
  readonly durability?: Omit<Durability, 'writes'>;
  readonly partitions: number;
  readonly batchSize: number;
  readonly leaseMs: number;
  /** The share of transactions that are slow: they take up to most of a lease. */
  readonly slowShare: number;
  /** The average time between two bursts of a producer. */
  readonly paceMs: number;
  /** How many calls of `incr` a producer has under way at most. */
  readonly maxUnderWay: number;
  /** The share of producers that soon give up a write, and then do not know whether it was applied. */
  readonly impatientShare: number;
  /** The share of increments with a note of 8 KB. */
  readonly hugeShare: number;
  /** The share of increments that the database rejects. */
  readonly unwelcomeShare: number;
  /** The share of increments with a model or a name that workers of the old release do not know. */
  readonly newShare: number;
}

/** What a worker knows: the old release lacks a model, and an extra of the other one. */
export type Release = 'old' | 'new';

/** How a process reaches Redis. */
export interface RedisSettings {
  readonly redisUrl: string;
  readonly durability?: Durability;
  /** Whether it lends a client of its own, which asks the sentinels only when its connection is lost. */
  readonly lends?: boolean;
}

/** What the driver passes to a producer when it starts it. */
export interface ProducerSettings extends RedisSettings {
  /** Numbers the processes of a run. */
  readonly id: number;
  readonly seed: number;
  readonly partitions: number;
  /** The file for its history. */
  readonly history: string;
  readonly writeTimeoutMs: number;
  readonly lingerMs: number;
  readonly paceMs: number;
  readonly maxUnderWay: number;
  readonly hugeShare: number;
  readonly unwelcomeShare: number;
  readonly newShare: number;
  /** The process that this one is a copy of: copies have the ids that it got when it joined. */
  readonly copyOf?: string;
}

/** What the driver passes to a worker when it starts it. */
export interface WorkerSettings extends RedisSettings {
  readonly id: number;
  readonly release: Release;
  readonly seed: number;
  readonly databaseUrl: string;
  readonly partitions: number;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly maxAttempts: number;
  /** From which delivery on it takes a batch apart that fails. */
  readonly isolateAfter: number;
  readonly slowShare: number;
}

/** A short timeout, so that a call on a dead connection is soon repeated. */
export const COMMAND_TIMEOUT_MS = 1500;

/** The number of rows that all producers count in. */
export const SHARED_ROWS = 12;

/** How often a worker delivers a batch, at most. Some give up sooner. */
export const MAX_ATTEMPTS = 10;

/** The owner of rows that the database rejects. */
export const UNWELCOME = 'unwelcome';

/** The number of rows that each producer has to itself: their sums are known almost to the unit. */
export const OWN_ROWS = 4;
