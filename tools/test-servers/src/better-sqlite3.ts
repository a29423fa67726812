import type Database from 'better-sqlite3';

type BetterSqlite3 = typeof Database;

/** better-sqlite3; `undefined` where npm could neither find nor build its binary. */
export const betterSqlite3: BetterSqlite3 | undefined = await load();

async function load(): Promise<BetterSqlite3 | undefined> {
  try {
    const { default: Database } = await import('better-sqlite3');
    // The binary is loaded with the first database.
    new Database(':memory:').close();
    return Database;
  } catch {
    return undefined;
  }
}
