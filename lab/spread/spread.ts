import { setTimeout as sleep } from 'node:timers/promises';
import { createBuffer, type SluiceBuffer } from '@sluice/core';
import { migrateLedger } from '@sluice/kysely';
import { redis } from '@sluice/redis';
import { startPostgres } from '@sluice/test-servers';
import { seededRandom, startRedisServer } from '@sluice/testing';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { Fleet } from './fleet.js';
import { JobCount } from './job-count.js';

export interface SpreadOptions {
  readonly increments: number;
  /** How often a worker is killed before the last increment. */
  readonly kills: number;
  readonly seed: number;
}

export const WORKERS = 4;
export const PARTITIONS = 16;
const ROWS = 2000;
/** Increments that are made at a time. */
const CHUNK = 1000;
/** In how many parts the increments from one kill to the next one are made, when the kill is late, and how long each takes. */
const TRICKLES = 400;
const TRICKLE_MS = 10;
const LINE_EVERY = 100_000;

export interface Spread {
  readonly kills: number;
  /** What the tables have too much, or, below 0, too little. */
  readonly drift: number;
  readonly wrongRows: number;
  readonly mostJobs: number;
  readonly looks: number;
  /** Jobs that are left. */
  readonly jobs: number;
  /** Of the processes that were not killed. */
  readonly exitCodes: readonly (number | null)[];
}

/** Counts by one process, applies by several over BullMQ, one of which is killed again and again; then compares. */
export async function spread(
  { increments, kills, seed }: SpreadOptions,
  onProgress: (line: string) => void = () => {},
): Promise<Spread> {
  const random = seededRandom(seed);
  await using store = await startRedisServer();
  await using queue = await startRedisServer();
  await using postgres = await startPostgres({ fsync: 'off' });
  const pool = new pg.Pool({ connectionString: postgres.url });
  const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) });
  await pool.query('create table pages (id integer primary key, views bigint not null default 0)');
  await migrateLedger(db);

  const settings = { redisUrl: store.url, queueUrl: queue.url, postgresUrl: postgres.url };
  const buffer = createBuffer({ backend: redis({ url: store.url }), partitions: PARTITIONS });
  await using fleet = new Fleet(WORKERS, settings, random);
  await using jobs = new JobCount(queue.url);
  const expected = new Map<number, number>();
  for (let made = 0, lines = 0; made < increments; ) {
    // A worker is killed over a batch: there must be some as long as it is to be killed.
    const isAhead = fleet.kills < Math.floor((kills * made) / increments);
    const size = Math.min(isAhead ? Math.ceil(increments / kills / TRICKLES) : CHUNK, increments - made);
    await Promise.all(
      Array.from({ length: size }, () => count(buffer, expected, Math.floor(random() * ROWS))),
    );
    made += size;
    if (isAhead) await sleep(TRICKLE_MS);
    if (made < (lines + 1) * LINE_EVERY) continue;
    lines += 1;
    onProgress(`${made} increments, ${fleet.kills} kills`);
  }
  await applied(buffer);
  const exitCodes = await fleet.stop();
  await jobs[Symbol.asyncDispose]();
  await buffer.close();

  const { rows } = await pool.query<{ id: number; views: string }>('select id, views from pages');
  await db.destroy();
  const actual = new Map(rows.map(({ id, views }) => [id, Number(views)]));
  const sum = [...actual.values()].reduce((total, views) => total + views, 0);
  const wrongRows = [...expected].filter(([id, views]) => actual.get(id) !== views).length;
  const { most: mostJobs, looks, now } = jobs;
  return { kills: fleet.kills, drift: sum - increments, wrongRows, mostJobs, looks, jobs: now, exitCodes };
}

function count(buffer: SluiceBuffer, expected: Map<number, number>, id: number): Promise<void> {
  expected.set(id, (expected.get(id) ?? 0) + 1);
  return buffer.incr('Page', { views: 1 }, { id });
}

/** Resolves when all is applied. */
async function applied(buffer: SluiceBuffer): Promise<void> {
  while ((await buffer.pendingPartitions()).length > 0) await sleep(50);
}
