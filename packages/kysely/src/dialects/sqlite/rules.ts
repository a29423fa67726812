import type { Rule } from '@sluice/core';
import { type RawBuilder, sql } from 'kysely';
import { type ColumnRule, RULES } from '../rules.js';
import { decimalSum } from './decimals.js';

type Sql = RawBuilder<unknown>;

/** The rules where any column may hold any type of value: integers turn into rounded numbers, and times have many forms. */
export const SQLITE_RULES: Readonly<Record<'sum' | Rule, ColumnRule>> = {
  sum: {
    next: (old, value, field) =>
      field.rule === 'sum' && field.scale > 0
        ? decimalSum(old, value, field)
        : exactly(old, RULES.sum.next(old, value, field)),
  },
  last: {
    next: (old, value) =>
      sql`case when ${areTimes(old, value)} then ${inFormOf(old, value)} else ${value} end`,
  },
  max: { next: (old, value, field) => compared(old, value, RULES.max.next(old, value, field), sql`>`) },
  min: { next: (old, value, field) => compared(old, value, RULES.min.next(old, value, field), sql`<`) },
};

/** A sum past 64 bits fails, instead of being rounded; an expression without the column would be evaluated beforehand. */
function exactly(old: Sql, sum: Sql): Sql {
  return sql`
    case
      when typeof(${old} + 0) = 'integer' and typeof(${sum}) = 'real'
      then abs(${old} * 0 - 9223372036854775807 - 1)
      else ${sum}
    end
  `;
}

function compared(old: Sql, value: Sql, plain: Sql, wins: Sql): Sql {
  return sql`
    case
      when ${areTimes(old, value)}
      then case when ${instant(value)} ${wins} ${instant(old)} then ${inFormOf(old, value)} else ${old} end
      else ${plain}
    end
  `;
}

// As Date.toISOString() writes it.
const TIME = sql.lit(
  '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z',
);

/** Whether the value is a time, and the column holds one in another form: an epoch's number, or another writer's text. */
function areTimes(old: Sql, value: Sql): Sql {
  return sql`${value} glob ${TIME} and not ${old} glob ${TIME} and ${instant(old)} is not null`;
}

// Seconds of the years until 5138; milliseconds since 1973.
const MOST_SECONDS = sql.lit(100_000_000_000);

/** A time as milliseconds since 1970. */
function instant(time: Sql): Sql {
  return sql`
    case
      when typeof(${time}) = 'text'
      then strftime('%s', ${time}) * 1000 + cast(substr(strftime('%f', ${time}), 4) as integer)
      when abs(${time}) < ${MOST_SECONDS}
      then ${time} * 1000
      else ${time}
    end
  `;
}

function inFormOf(old: Sql, value: Sql): Sql {
  return sql`
    case
      when typeof(${old}) = 'text' then ${value}
      when abs(${old}) < ${MOST_SECONDS} then ${instant(value)} / 1000
      else ${instant(value)}
    end
  `;
}
