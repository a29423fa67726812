import type { Random } from '@sluice/core';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { poll } from '../poll.js';
import { integer } from '../random.js';
import { SHARED_ROWS } from '../workload/settings.js';
import { mariadbOf, type System } from './system.js';

/** Another client is in the way of a worker that takes a batch apart: its whole transaction ends. */
export function mariadbFaults(system: System) {
  return {
    'deadlock as a batch is taken apart': (random: Random) =>
      contend(system, random, 'deadlock in isolation', async (client) => {
        await client.query("select 1 from counter where owner = 'all' order by name desc for update");
      }),
    'lock timeout as a batch is taken apart': (random: Random) =>
      contend(system, random, 'lock timeout in isolation', async () => {}),
  };
}

// More than a batch changes: of two transactions in a deadlock, the one that has changed less is the victim.
const BALLAST = Array.from({ length: 200 }, (_, number) => [number]);

/** Locks a row, does something when a worker waits for it, and keeps the lock until a worker has reported. */
async function contend(
  system: System,
  random: Random,
  expected: 'deadlock in isolation' | 'lock timeout in isolation',
  whenWaitedFor: (client: Connection) => Promise<void>,
): Promise<boolean> {
  const reported = (): number => system.processes.reports.get(expected) ?? 0;
  const before = reported();
  return mariadbOf(system).use(async (client) => {
    await client.query('set transaction isolation level read committed');
    await client.query('begin');
    await client.query('insert into ballast values ?', [BALLAST]);
    const name = `shared-${integer(random, SHARED_ROWS)}`;
    await client.query("select 1 from counter where name = ? and owner = 'all' for update", [name]);
    // The server renews what it says about locks ten times a second, if nobody asks more often.
    if (!(await poll(() => isWaitedFor(client), { everyMs: 120, tries: 10 }))) return false;
    await whenWaitedFor(client);
    return poll(() => reported() > before, { everyMs: 50, tries: 60 });
  });
}

async function isWaitedFor(client: Connection): Promise<boolean> {
  const [rows] = await client.query<RowDataPacket[]>(`
    select 1
    from information_schema.innodb_lock_waits
    join information_schema.innodb_trx on trx_id = blocking_trx_id
    where trx_mysql_thread_id = connection_id()
    limit 1
  `);
  return rows.length > 0;
}
