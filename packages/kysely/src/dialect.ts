import { InvalidInputError } from '@sluice/core';
import type { Kysely } from 'kysely';

/** The languages that the sink writes. PGlite speaks `postgres`, MariaDB `mysql`, libSQL `sqlite`. */
export type Dialect = 'postgres' | 'mysql' | 'sqlite';

const DIALECTS: readonly unknown[] = ['postgres', 'mysql', 'sqlite'];

/**
 * The dialect of a database: the one that is given, or the one of its adapter. Adapters are recognized by what they
 * support, since the class differs for a custom dialect, or for one built with another copy of Kysely.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` when the sink does not support it
 */
export function dialectOf<DB>(db: Kysely<DB>, given?: Dialect): Dialect {
  if (typeof db?.getExecutor !== 'function') throw invalid('The option "db" of kyselySink must be a Kysely.');
  if (given !== undefined) {
    if (DIALECTS.includes(given)) return given;
    throw invalid(`The option "dialect" of kyselySink must be one of ${DIALECTS.join(', ')}.`);
  }
  const { adapter } = db.getExecutor();
  if (adapter.supportsOutput) throw invalid('kyselySink does not support SQL Server.');
  if (!adapter.supportsReturning) return 'mysql';
  return adapter.supportsTransactionalDdl ? 'postgres' : 'sqlite';
}

function invalid(message: string): InvalidInputError {
  return new InvalidInputError('ERR_SLUICE_INVALID_OPTION', message);
}
