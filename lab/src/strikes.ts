import type { Random } from '@sluice/core';
import type { Redis } from 'ioredis';
import type { Cast } from './cast.js';
import type { Database } from './database.js';
import { FAULTS, type Fault } from './faults.js';
import { quarrel } from './neighbour.js';
import { type Point, PRODUCER_POINTS, STALL_POINTS, WORKER_POINTS } from './points.js';
import type { TcpProxy } from './proxy.js';
import { integer } from './random.js';
import type { Servers } from './servers.js';
import { sleep } from './sleep.js';

/** What faults strike at. */
export interface Stage {
  readonly cast: Cast;
  readonly servers: Servers;
  readonly database: Database;
  readonly redisProxy: TcpProxy;
  readonly databaseProxy: TcpProxy;
  /** The driver's own way to Redis. */
  readonly redis: Redis;
}

/** Makes a fault happen once. `false`: it was not seen to happen, and is tried again. */
export type Strike = (random: Random) => Promise<boolean>;

// How long a fault waits for its occasion.
const PATIENCE_MS = 5000;

const HOUR_MS = 3_600_000;

/** How each fault is made. */
export function strikesOn(stage: Stage): Record<Fault, Strike> {
  const { cast, servers, redisProxy, databaseProxy } = stage;
  const kills = [
    ...PRODUCER_POINTS.map((point) => [`producer killed ${point}`, killAt(cast, 'producer', point)] as const),
    ...WORKER_POINTS.map((point) => [`worker killed ${point}`, killAt(cast, 'worker', point)] as const),
  ];
  const stalls = STALL_POINTS.map((point) => [`worker stalled ${point}`, stallAt(cast, point)] as const);
  const single: Omit<Record<Fault, Strike>, (typeof kills)[number][0] | (typeof stalls)[number][0]> = {
    'reply to a write lost': () => redisProxy.befall('reply lost', 'write', PATIENCE_MS),
    'reply to a claim lost': () => redisProxy.befall('reply lost', 'claim', PATIENCE_MS),
    'reply to a settlement lost': () => redisProxy.befall('reply lost', 'settlement', PATIENCE_MS),
    'reply to a COMMIT lost': () => databaseProxy.befall('reply lost', 'COMMIT', PATIENCE_MS),
    'write arrives late': () => redisProxy.befall('late', 'write', PATIENCE_MS),
    'claim arrives late': () => redisProxy.befall('late', 'claim', PATIENCE_MS),
    'settlement arrives late': () => redisProxy.befall('late', 'settlement', PATIENCE_MS),
    'COMMIT arrives late': () => databaseProxy.befall('late', 'COMMIT', PATIENCE_MS),
    'Redis connections cut': async () => redisProxy.cut() > 0,
    'PostgreSQL connections cut': async () => databaseProxy.cut() > 0,
    'Redis killed (kill -9), restarted': () => killRedis(servers),
    'Redis full (maxmemory)': () => fillRedis(stage),
    'scripts flushed (SCRIPT FLUSH)': () => flushScripts(stage),
    'PostgreSQL restarted, fast': () => done(servers.request('restart postgres, fast')),
    'PostgreSQL restarted, immediate': () => done(servers.request('restart postgres, immediate')),
    'PostgreSQL backends terminated': async () => (await terminateBackends(stage.database)) > 0,
    'deadlock with a neighbour': (random) => deadlock(stage, random),
    'clock of a worker jumped': (random) => jump(cast, 'worker', random),
    'clock of a producer jumped': (random) => jump(cast, 'producer', random),
    'worker stalled, others fail as it wakes': stallAt(cast, 'after commit', () =>
      terminateBackends(stage.database),
    ),
  };
  const all = new Map<string, Strike>([...Object.entries(single), ...kills, ...stalls]);
  return Object.fromEntries(FAULTS.map((fault) => [fault, orMissed(all.get(fault) as Strike)])) as Record<
    Fault,
    Strike
  >;
}

/** While one fault has a server down, others cannot strike. */
function orMissed(strike: Strike): Strike {
  return async (random) => {
    try {
      return await strike(random);
    } catch {
      return false;
    }
  };
}

async function done(work: Promise<void>): Promise<boolean> {
  await work;
  return true;
}

function killAt(cast: Cast, role: 'producer' | 'worker', point: Point): Strike {
  return (random) =>
    cast.withActor(role, random, async (actor) => {
      actor.mayEnd = true;
      const there = actor.note('at', PATIENCE_MS);
      actor.order({ order: 'stop at', point, by: 'SIGKILL' });
      if ((await there) === undefined) {
        actor.order({ order: 'go on' });
        return false;
      }
      return (await actor.ended).signal === 'SIGKILL';
    });
}

function stallAt(cast: Cast, point: Point, asItWakes?: () => Promise<unknown>): Strike {
  return (random) =>
    cast.withActor('worker', random, async (actor) => {
      const { leaseMs } = cast.scene;
      try {
        const there = actor.note('at', PATIENCE_MS);
        actor.order({ order: 'stop at', point, by: 'SIGSTOP' });
        if ((await there) === undefined) return false;
        await sleep(2 * leaseMs);
        const resumed = actor.note('resumed', PATIENCE_MS);
        actor.signal('SIGCONT');
        await asItWakes?.();
        return ((await resumed)?.afterMs ?? 0) > leaseMs;
      } finally {
        actor.order({ order: 'go on' });
        actor.signal('SIGCONT');
      }
    });
}

async function killRedis(servers: Servers): Promise<boolean> {
  await servers.request('kill redis');
  await servers.request('start redis');
  return true;
}

/** Sets `maxmemory` below what is in use, until Redis has refused something for it. */
async function fillRedis({ redis }: Stage): Promise<boolean> {
  const before = await errorsOf(redis, 'OOM');
  await redis.config('SET', 'maxmemory', '1');
  try {
    for (let i = 0; i < 50; i += 1) {
      await sleep(20);
      if ((await errorsOf(redis, 'OOM')) > before) return true;
    }
    return false;
  } finally {
    await redis.config('SET', 'maxmemory', '0').catch(() => {});
  }
}

async function flushScripts({ redis }: Stage): Promise<boolean> {
  const before = await errorsOf(redis, 'NOSCRIPT');
  await redis.script('FLUSH');
  for (let i = 0; i < 50; i += 1) {
    if ((await errorsOf(redis, 'NOSCRIPT')) > before) return true;
    await sleep(20);
  }
  return false;
}

/** How often Redis has answered with an error since it started. */
async function errorsOf(redis: Redis, kind: string): Promise<number> {
  return Number(new RegExp(`errorstat_${kind}:count=(\\d+)`).exec(await redis.info('errorstats'))?.[1] ?? 0);
}

/** Ends the workers' connections that are inside a transaction; waits for some. */
async function terminateBackends(database: Database): Promise<number> {
  return database.use(async (client) => {
    for (let i = 0; i < 100; i += 1) {
      const { rowCount } = await client.query(
        `WITH busy AS MATERIALIZED (
           SELECT pid FROM pg_stat_activity WHERE application_name = 'lab-worker' AND xact_start IS NOT NULL
         ) SELECT FROM busy WHERE pg_terminate_backend(pid)`,
      );
      if (rowCount !== null && rowCount > 0) return rowCount;
      await sleep(5);
    }
    return 0;
  });
}

async function deadlock({ cast, database }: Stage, random: Random): Promise<boolean> {
  const seen = (): number => cast.notes.get('deadlock') ?? 0;
  const before = seen();
  const outcome = await quarrel(database, random);
  if (outcome !== 'met') return outcome === 'we lost';
  // Then the victim may have been a worker, whose note is on its way.
  for (let i = 0; i < 50 && seen() === before; i += 1) await sleep(20);
  return seen() > before;
}

function jump(cast: Cast, role: 'producer' | 'worker', random: Random): Promise<boolean> {
  // Forward or back, from a moment to two days.
  const ms = Math.round((random() < 0.5 ? -1 : 1) * 48 * HOUR_MS * 10 ** -integer(random, 6));
  return cast.withActor(role, random, async (actor) => {
    const jumped = actor.note('jumped', PATIENCE_MS);
    actor.order({ order: 'jump', ms });
    return (await jumped) !== undefined;
  });
}
