import { type Kysely, sql } from 'kysely';

/** Runs a statement as it is. */
export function runSql(db: Kysely<unknown>, statement: string): Promise<unknown> {
  return sql.raw(statement).execute(db);
}
