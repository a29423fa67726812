import type { Random } from '@sluice/core';
import type { RedisCluster, RedisSentinels } from '@sluice/test-servers';
import type { Redis } from 'ioredis';
import type { MariadbDatabase } from '../servers/mariadb-database.js';
import type { PostgresDatabase } from '../servers/postgres-database.js';
import type { Servers } from '../servers/servers.js';
import type { ProcessPool } from '../workload/process-pool.js';
import type { FaultProxy } from './fault-proxy.js';

/** The system under test: all that a fault can be injected into. */
export interface System {
  readonly processes: ProcessPool;
  readonly servers: Servers;
  /** Where the servers have their clock. */
  readonly folder: string;
  readonly database: PostgresDatabase | MariadbDatabase;
  readonly redisProxy: FaultProxy;
  readonly databaseProxy: FaultProxy;
  /** The driver's own connection to Redis, past the proxy. */
  readonly redis: Redis;
  /** Where producers and workers count, past the proxy. */
  readonly redisUrl: string;
  /** Where they count, in a run on several servers. */
  readonly cluster?: RedisCluster;
  readonly sentinels?: RedisSentinels;
  /** How long a node of the cluster is down. */
  readonly downMs: number;
}

/** Injects a fault once. Returns whether it was seen to take effect; if not, it is tried again. */
export type Injection = (random: Random) => Promise<boolean>;

/** How long a fault waits for an opportunity, such as a request of the right kind. */
export const PATIENCE_MS = 5000;

/** @throws Error when the workers write to another database: then nothing is injected */
export function postgresOf({ database }: System): PostgresDatabase {
  if (database.kind !== 'postgres') throw new Error('This fault is one of PostgreSQL.');
  return database;
}

/** @throws Error when the workers write to another database: then nothing is injected */
export function mariadbOf({ database }: System): MariadbDatabase {
  if (database.kind !== 'mariadb') throw new Error('This fault is one of MariaDB.');
  return database;
}

/** @throws Error when the run is not on a Redis Cluster: then nothing is injected */
export function clusterOf({ cluster }: System): RedisCluster {
  if (cluster === undefined) throw new Error('This fault is one of a Redis Cluster.');
  return cluster;
}

/** @throws Error when the run is not on Redis under sentinels: then nothing is injected */
export function sentinelsOf({ sentinels }: System): RedisSentinels {
  if (sentinels === undefined) throw new Error('This fault is one of Redis under sentinels.');
  return sentinels;
}
