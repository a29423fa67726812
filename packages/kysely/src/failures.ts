/**
 * What a failed statement calls for. `conflict`: the same transaction may succeed if it is repeated at once.
 * `collision`: two entries of one statement are for the same row. `data`: an entry or the set-up is at fault.
 * `outage`: anything else; the batch is retried later.
 */
export type Failure = 'conflict' | 'collision' | 'data' | 'outage';

/** Classifies an error of any driver. Unless the data is known to be at fault it is an outage, which buries nothing. */
export function failureOf(error: unknown): Failure {
  return findInCauses(error, failureOfOne) ?? 'outage';
}

function failureOfOne({
  code,
  errno,
  sqlState,
  errcode,
}: Readonly<Record<string, unknown>>): Failure | undefined {
  if (typeof sqlState === 'string') return ofMysql(sqlState, Number(errno));
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return ofSqlite(code);
  if (code === 'ERR_SQLITE_ERROR') return ofSqlite(SQLITE_CODES.get(Number(errcode) & 0xff) ?? '');
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return ofPostgres(code);
  return undefined;
}

/** Looks through an error and its causes for what one of them says. */
export function findInCauses<T>(
  error: unknown,
  say: (error: Readonly<Record<string, unknown>>) => T | undefined,
): T | undefined {
  for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth += 1) {
    const found = say(error as Record<string, unknown>);
    if (found !== undefined) return found;
    error = (error as { cause?: unknown }).cause;
  }
  return undefined;
}

// 22 data, 23 constraints, 42 names, types and rights, 44 views, 54 limits such as those of an index, P0 raised in a
// trigger, 0A what the server cannot do.
const POSTGRES_DATA = new Set(['0A', '22', '23', '27', '38', '39', '42', '44', '54', 'P0']);

function ofPostgres(code: string): Failure {
  if (code === '40001' || code === '40P01') return 'conflict';
  if (code === '21000') return 'collision';
  return POSTGRES_DATA.has(code.slice(0, 2)) ? 'data' : 'outage';
}

// Deadlock, lock wait timeout, a row that changed since it was read (MariaDB).
const MYSQL_CONFLICTS = new Set([1213, 1205, 1020]);

// No default, wrong value, invalid JSON, checks: servers report these as "general error".
const MYSQL_DATA = new Set([1364, 1366, 3140, 3819, 4025]);

function ofMysql(sqlState: string, errno: number): Failure {
  if (MYSQL_CONFLICTS.has(errno)) return 'conflict';
  const data = /^(01|21|22|23|42|44|45)/.test(sqlState) || MYSQL_DATA.has(errno);
  return data ? 'data' : 'outage';
}

const SQLITE_CODES: ReadonlyMap<number, string> = new Map([
  [1, 'SQLITE_ERROR'],
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [18, 'SQLITE_TOOBIG'],
  [19, 'SQLITE_CONSTRAINT'],
  [20, 'SQLITE_MISMATCH'],
]);

function ofSqlite(code: string): Failure {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'conflict';
  return /^SQLITE_(ERROR$|CONSTRAINT|MISMATCH|TOOBIG)/.test(code) ? 'data' : 'outage';
}

const LONGEST_REASON = 500;

/** The message of an error and its code, as a reason that is stored with a dead letter. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : 'the database gave no reason';
  return (typeof code === 'string' ? `${text} (${code})` : text).slice(0, LONGEST_REASON).toWellFormed();
}
