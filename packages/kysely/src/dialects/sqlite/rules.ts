import { type RawBuilder, sql } from 'kysely';
import type { Field, FieldRule } from '../../plan/layout.js';
import { type ColumnRule, type Compared, RULES, signOf } from '../rules.js';
import { decimalSum } from './decimals.js';

type Sql = RawBuilder<unknown>;

/** The rules where any column may hold any type of value: integers turn into rounded numbers, and times have many forms. */
export const SQLITE_RULES: Readonly<Record<FieldRule, ColumnRule>> = {
  sum: {
    next: (old, value, field, compared) =>
      field.rule === 'sum' && field.scale > 0
        ? decimalSum(old, value, field)
        : exactly(old, RULES.sum.next(old, value, field, compared)),
  },
  last: {
    next: (old, value) =>
      sql`case when ${areTimes(old, value)} then ${inFormOf(old, value)} else ${value} end`,
  },
  max: { next: ifItWins },
  min: { next: ifItWins },
  companion: { next: ifItWins },
};

function ifItWins(old: Sql, value: Sql, field: Field, compared: Compared): Sql {
  return sql`
    case
      when ${areTimes(compared.old, compared.value)}
      then
        case
          when ${instant(compared.value)} ${signOf(field)} ${instant(compared.old)}
          then ${field.rule === 'companion' ? value : inFormOf(old, value)}
          else ${old}
        end
      else ${RULES[field.rule].next(old, value, field, compared)}
    end
  `;
}

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
