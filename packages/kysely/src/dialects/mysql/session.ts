import { type Kysely, sql } from 'kysely';

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

/** MySQL has these settings for sessions only, and the connection goes back to a pool: they are put back. */
export async function withSession<T>(
  db: Kysely<unknown>,
  timeoutMs: number,
  task: () => Promise<T>,
): Promise<T> {
  const seconds = sql.lit(Math.ceil(timeoutMs / 1000));
  const wait = timeoutMs === 0 ? sql`@@session.innodb_lock_wait_timeout` : seconds;
  await sql`
    set
      @sluice_lock_wait = @@session.innodb_lock_wait_timeout,
      @sluice_mode = @@session.sql_mode,
      @sluice_zone = @@session.time_zone,
      session innodb_lock_wait_timeout = ${wait},
      session sql_mode = ${sql.lit(MODE)},
      session time_zone = '+00:00'
  `.execute(db);
  try {
    return await task();
  } finally {
    // If this fails the connection is lost, and its settings with it.
    await sql`
      set
        session innodb_lock_wait_timeout = @sluice_lock_wait,
        session sql_mode = @sluice_mode,
        session time_zone = @sluice_zone
    `
      .execute(db)
      .catch(() => undefined);
  }
}
