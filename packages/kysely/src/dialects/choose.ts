import { InvalidInputError } from '@sluice/core';
import type { Kysely } from 'kysely';
import type { Dialect, SqlDialect } from './dialect.js';
import { mysql } from './mysql/mysql.js';
import { postgres } from './postgres/postgres.js';
import { sqlite } from './sqlite/sqlite.js';

const DIALECTS: Readonly<Record<Dialect, SqlDialect>> = { postgres, mysql, sqlite };

/**
 * The dialect of a database: the one that is given, or the one of its adapter. Adapters are recognized by what they
 * support, since the class differs for a custom dialect, or for one built with another copy of Kysely.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` when the sink does not support it
 */
export function dialectOf<DB>(db: Kysely<DB>, given?: Dialect): SqlDialect {
  if (typeof db?.getExecutor !== 'function') throw invalid('The option "db" of kyselySink must be a Kysely.');
  if (given !== undefined) {
    if (Object.hasOwn(DIALECTS, given)) return DIALECTS[given];
    throw invalid(`The option "dialect" of kyselySink must be one of ${Object.keys(DIALECTS).join(', ')}.`);
  }
  const { adapter } = db.getExecutor();
  if (adapter.supportsOutput) throw invalid('kyselySink does not support SQL Server.');
  if (!adapter.supportsReturning) return mysql;
  return adapter.supportsTransactionalDdl ? postgres : sqlite;
}

function invalid(message: string): InvalidInputError {
  return new InvalidInputError('ERR_SLUICE_INVALID_OPTION', message);
}
