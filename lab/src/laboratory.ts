import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type RedisCluster,
  type RedisSentinels,
  startRedisCluster,
  startRedisSentinels,
} from '@sluice/test-servers';
import { Redis } from 'ioredis';
import { Expected } from './checker/expected.js';
import { GUARDS, type GuardName } from './guards/guards.js';
import { removeGuard } from './guards/remove-guard.js';
import { readHistory } from './history/history.js';
import { FaultProxy } from './nemesis/fault-proxy.js';
import { MARIADB, POSTGRES, REDIS } from './nemesis/protocols.js';
import { type Plan, withoutFault } from './plan.js';
import { type Result, Run } from './run.js';
import { moveClock } from './servers/clock.js';
import { MariadbDatabase } from './servers/mariadb-database.js';
import { PostgresDatabase } from './servers/postgres-database.js';
import { Servers } from './servers/servers.js';
import { bundlePrograms } from './workload/bundle.js';
import { ProcessPool } from './workload/process-pool.js';

const NO_MARIADB = 'MariaDB is not installed, so nothing was run on it: apt-get install mariadb-server';

export interface RunOptions {
  readonly seed: number;
  /** A guard to remove. */
  readonly without?: GuardName;
  /** Gets a line now and then. */
  readonly onProgress?: (line: string) => void;
}

const CLOCK_STAYS =
  'The clock of Redis was not moved, since libfaketime is not installed: apt-get install libfaketime';

/** Servers for any number of runs, one after the other. */
export class Laboratory implements AsyncDisposable {
  #runs = 0;

  private constructor(
    readonly folder: string,
    readonly servers: Servers,
  ) {}

  /** @param databases those that plans will need besides PostgreSQL */
  static async open(databases: readonly Plan['database'][] = []): Promise<Laboratory> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-lab-'));
    try {
      return new Laboratory(folder, await Servers.start(folder, databases.includes('mariadb')));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.servers[Symbol.asyncDispose]();
  }

  /**
   * Runs a plan on an empty Redis and an empty database.
   * @throws Error when the database is one that is not installed here
   */
  async run(plan: Plan, { seed, without, onProgress = () => {} }: RunOptions): Promise<Result> {
    this.#runs += 1;
    const folder = join(this.folder, `run-${this.#runs}`);
    await mkdir(folder);
    const { servers } = this;
    const { redisPort, movesClock } = servers.addresses;
    const [programs, database] = await Promise.all([
      bundlePrograms(folder, removeGuard(without === undefined ? [] : GUARDS[without].edits)),
      createDatabase(plan, servers, `run_${this.#runs}`),
    ]);
    await using cluster = await clusterFor(plan);
    await using sentinels = await sentinelsFor(plan);
    const url = cluster?.url ?? sentinels?.url;
    await using redisProxy = await FaultProxy.open(redisPort, REDIS);
    await using databaseProxy = await proxyTo(database);
    const redis = connect(redisPort);
    const expected = new Expected();
    try {
      // What an earlier run may have left.
      await redis.flushall();
      await redis.call('ACL', 'SETUSER', 'default', '+@all');
      if (movesClock) await moveClock(this.folder, 0);
      const options = {
        ...plan,
        seed,
        folder,
        redisUrl: url ?? `redis://127.0.0.1:${redisProxy.port}`,
        databaseUrl: database.url(databaseProxy.port),
      };
      await using processes = new ProcessPool(options, programs, servers, (path) => {
        expected.add(readHistory(path));
      });
      const system = {
        processes,
        folder: this.folder,
        servers,
        database,
        redisProxy,
        databaseProxy,
        redis,
        redisUrl: url ?? `redis://127.0.0.1:${redisPort}`,
        ...(cluster && { cluster }),
        ...(sentinels && { sentinels }),
        downMs: plan.downMs ?? 0,
      };
      const possible = movesClock ? plan : withoutFault(plan, 'clock of Redis moved');
      const run = new Run({ plan: possible, seed, without, system, expected, onProgress });
      const result = await run.complete();
      return possible === plan ? result : { ...result, notes: [CLOCK_STAYS] };
    } finally {
      redis.disconnect();
    }
  }
}

/** So that a server that is killed comes back with all that it had. */
const PERSISTENT = { appendonly: 'yes', appendfsync: 'always' };

async function clusterFor({ redis }: Plan): Promise<RedisCluster | undefined> {
  if (redis !== 'cluster') return undefined;
  return startRedisCluster({ masters: 3, replicas: 1, settings: PERSISTENT });
}

async function sentinelsFor({ redis }: Plan): Promise<RedisSentinels | undefined> {
  return redis === 'sentinel' ? startRedisSentinels({ settings: PERSISTENT }) : undefined;
}

function connect(port: number): Redis {
  const client = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: 1, commandTimeout: 2000 });
  client.on('error', () => {});
  return client;
}

function createDatabase(
  { database }: Plan,
  { addresses: { postgresPort, mariadbSocket } }: Servers,
  name: string,
): Promise<PostgresDatabase | MariadbDatabase> {
  if (database === 'postgres') return PostgresDatabase.create(postgresPort, name);
  if (mariadbSocket === undefined) throw new Error(NO_MARIADB);
  return MariadbDatabase.create(mariadbSocket, name);
}

function proxyTo(database: PostgresDatabase | MariadbDatabase): Promise<FaultProxy> {
  return database.kind === 'postgres'
    ? FaultProxy.open(database.port, POSTGRES)
    : FaultProxy.open(database.socket, MARIADB);
}
