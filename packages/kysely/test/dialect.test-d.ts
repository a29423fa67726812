/**
 * What the compiler must refuse: a dialect that does not say everything in which databases differ. Checked by `tsc`,
 * never run.
 */

import type { SqlDialect } from '../src/dialects/dialect.js';
import { postgres } from '../src/dialects/postgres/postgres.js';
import { RULES } from '../src/dialects/rules.js';

// @ts-expect-error: nothing is said of rows, of the ledger, of transactions, of errors or of the catalogue
export const mssql: SqlDialect = { isolationLevel: 'snapshot' };

const { classify, ...withoutErrors } = postgres;
// @ts-expect-error: nothing is said of errors
export const silent: SqlDialect = withoutErrors;

const { guard, ...withoutGuard } = postgres;
// @ts-expect-error: nothing keeps two workers from inserting a row each
export const careless: SqlDialect = withoutGuard;

const { max, ...withoutMax } = RULES;
// @ts-expect-error: a rule is missing
export const rules: typeof RULES = withoutMax;

export const complete: SqlDialect = { ...withoutErrors, classify };
export const guarded: SqlDialect = { ...withoutGuard, guard };
export const ordered: typeof RULES = { ...withoutMax, max };
