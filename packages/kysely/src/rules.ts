import type { Rule } from '@sluice/core';
import { type RawBuilder, sql } from 'kysely';

type Sql = RawBuilder<unknown>;

/** What a rule of entries does to a column. */
export interface ColumnRule {
  /** What the column becomes, from what it is and the entry's value. */
  next(old: Sql, value: Sql): Sql;
  /** Whether the column's type must have an order. */
  readonly isCompared: boolean;
}

/** The rules by name. The compiler asks for every rule of core. */
export const RULES: Readonly<Record<'sum' | Rule, ColumnRule>> = {
  sum: { next: (old, value) => sql`coalesce(${old}, 0) + ${value}`, isCompared: false },
  last: { next: (_, value) => value, isCompared: false },
  // A comparison with NULL is never true, so a column that was NULL would stay NULL.
  max: {
    next: (old, value) => sql`case when ${old} is null or ${value} > ${old} then ${value} else ${old} end`,
    isCompared: true,
  },
  min: {
    next: (old, value) => sql`case when ${old} is null or ${value} < ${old} then ${value} else ${old} end`,
    isCompared: true,
  },
};
