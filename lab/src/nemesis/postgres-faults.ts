import type { Random } from '@sluice/core';
import type { Redis } from 'ioredis';
import { poll } from '../poll.js';
import type { Request } from '../servers/messages.js';
import type { Servers } from '../servers/servers.js';
import { MAX_ATTEMPTS } from '../workload/settings.js';
import { contend } from './lock-contender.js';
import { postgresOf, type System } from './system.js';

export function postgresFaults(system: System) {
  const { servers, redis } = system;
  return {
    'PostgreSQL restarted, fast': () => restart(servers, 'restart postgres, fast'),
    'PostgreSQL restarted, immediate': () => restart(servers, 'restart postgres, immediate'),
    'PostgreSQL away for longer than all attempts': () => outage(servers, redis),
    'PostgreSQL backends terminated': () => terminateBackends(system),
    'deadlock with another client': (random: Random) => deadlock(system, random),
  };
}

async function restart(servers: Servers, how: Request): Promise<boolean> {
  await servers.request(how);
  return true;
}

/** Keeps the database away until a batch has been delivered more often than any worker tries. */
async function outage(servers: Servers, redis: Redis): Promise<boolean> {
  await servers.request('stop postgres');
  try {
    return await poll(async () => (await mostAttempts(redis)) > MAX_ATTEMPTS, { everyMs: 50, tries: 200 });
  } finally {
    await servers.request('start postgres');
  }
}

async function mostAttempts(redis: Redis): Promise<number> {
  const batches = await redis.keys('sluice:{*}:batch');
  const attempts = await Promise.all(batches.map((key) => redis.hget(key, 'attempt')));
  return Math.max(0, ...attempts.map(Number));
}

/** Ends the connections of workers that are in a transaction. Waits for some; returns whether there were any. */
export async function terminateBackends(system: System): Promise<boolean> {
  return postgresOf(system).use((client) =>
    poll(
      async () => {
        const { rowCount } = await client.query(`
          WITH busy AS MATERIALIZED (
            SELECT pid
            FROM pg_stat_activity
            WHERE application_name = 'lab-worker' AND xact_start IS NOT NULL
          )
          SELECT FROM busy WHERE pg_terminate_backend(pid)
        `);
        return (rowCount ?? 0) > 0;
      },
      { everyMs: 5, tries: 100 },
    ),
  );
}

async function deadlock(system: System, random: Random): Promise<boolean> {
  const reported = (): number => system.processes.reports.get('deadlock') ?? 0;
  const before = reported();
  const outcome = await contend(postgresOf(system), random);
  if (outcome !== 'both waited') return outcome === 'we were the victim';
  // Then a worker may have been the victim, and its report is on its way.
  return poll(() => reported() > before, { everyMs: 20, tries: 50 });
}
