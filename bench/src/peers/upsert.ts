import pg from 'pg';
import { inFlight } from '../in-flight.js';

/*
 * The least that PostgreSQL needs for sums that are known: upserts of a thousand rows, four at a time, each in a
 * separate transaction, and no ledger. Rows are sent as the sink of Sluice sends them: one parameter of JSON.
 */

const ROWS = 1000;
const AT_A_TIME = 4;

const UPSERT = `
  INSERT INTO page (path, views)
  SELECT path, views FROM json_populate_recordset(null::page, $1)
  ON CONFLICT (path) DO UPDATE SET views = page.views + excluded.views
`;

export interface Row {
  readonly path: string;
  readonly views: number;
}

export interface Upserter extends AsyncDisposable {
  upsert(rows: readonly Row[]): Promise<void>;
}

export function openUpsert(url: string): Upserter {
  const pool = new pg.Pool({ connectionString: url, max: AT_A_TIME });
  return {
    upsert: (rows) =>
      inFlight(AT_A_TIME, chunks(rows), (chunk) => pool.query(UPSERT, [JSON.stringify(chunk)])),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

function chunks(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, i) =>
    rows.slice(i * ROWS, (i + 1) * ROWS),
  );
}
