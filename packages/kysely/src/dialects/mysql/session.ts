import { type Kysely, sql } from 'kysely';
import type { Session } from '../dialect.js';

/**
 * How the server is to read values, whatever it does by default: none is cut or clamped, a backslash is what drivers take
 * it for, and a 0 is a 0.
 */
const MODE = [
  'STRICT_TRANS_TABLES',
  'STRICT_ALL_TABLES',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_ENGINE_SUBSTITUTION',
].join();

/** Settings on which it depends what a statement means. */
const SETTINGS = {
  sql_mode: sql.lit(MODE),
  // Instants are sent in UTC.
  time_zone: sql.lit('+00:00'),
  // Else "is null" is also for the number that was drawn last.
  sql_auto_is_null: sql.lit(0),
  // Else rows that are there are not found, or not changed.
  sql_select_limit: sql`default`,
  sql_safe_updates: sql.lit(0),
  // Else an insert into an empty table finds out at the commit, or never, that two keys are the same.
  unique_checks: sql.lit(1),
};

/** MySQL has these settings for sessions only, and the connection goes back to a pool: they are put back. */
export async function withSession<T>(
  db: Kysely<unknown>,
  { timeoutMs }: Session,
  task: () => Promise<T>,
): Promise<T> {
  const seconds = sql.lit(Math.ceil(timeoutMs / 1000));
  const settings = Object.entries({
    ...SETTINGS,
    // A worker that vanished must not hold its locks until TCP notices.
    ...(timeoutMs > 0 && { innodb_lock_wait_timeout: seconds, wait_timeout: seconds }),
  }).map(([name, value]) => ({ value, setting: sql.raw(name), kept: sql.raw(`@sluice_${name}`) }));
  const keep = settings.map(({ setting, kept }) => sql`${kept} = @@session.${setting}`);
  const set = settings.map(({ setting, value }) => sql`session ${setting} = ${value}`);
  const putBack = settings.map(({ setting, kept }) => sql`session ${setting} = ${kept}`);
  await sql`set ${sql.join([...keep, ...set])}`.execute(db);
  try {
    return await task();
  } finally {
    try {
      await sql`set ${sql.join(putBack)}`.execute(db);
    } catch {
      // What others would find changed must not go back to the pool: the connection is closed, if it is not already.
      await sql`kill connection_id()`.execute(db).catch(() => undefined);
    }
  }
}
