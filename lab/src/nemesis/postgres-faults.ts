import type { Random } from '@sluice/core';
import { poll } from '../poll.js';
import type { Database } from '../servers/database.js';
import type { Request } from '../servers/messages.js';
import type { Servers } from '../servers/servers.js';
import { contend } from './lock-contender.js';
import type { System } from './system.js';

export function postgresFaults(system: System) {
  const { database, servers } = system;
  return {
    'PostgreSQL restarted, fast': () => restart(servers, 'restart postgres, fast'),
    'PostgreSQL restarted, immediate': () => restart(servers, 'restart postgres, immediate'),
    'PostgreSQL backends terminated': () => terminateBackends(database),
    'deadlock with another client': (random: Random) => deadlock(system, random),
  };
}

async function restart(servers: Servers, how: Request): Promise<boolean> {
  await servers.request(how);
  return true;
}

/** Ends the connections of workers that are in a transaction. Waits for some; returns whether there were any. */
export async function terminateBackends(database: Database): Promise<boolean> {
  return database.use((client) =>
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

async function deadlock({ processes, database }: System, random: Random): Promise<boolean> {
  const reported = (): number => processes.reports.get('deadlock') ?? 0;
  const before = reported();
  const outcome = await contend(database, random);
  if (outcome !== 'both waited') return outcome === 'we were the victim';
  // Then a worker may have been the victim, and its report is on its way.
  return poll(() => reported() > before, { everyMs: 20, tries: 50 });
}
