import { type RawBuilder, sql } from 'kysely';
import type { Sent } from '../values.js';

type Sql = RawBuilder<unknown>;

// As Date.toISOString() writes it.
const TIME = sql.lit(
  '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z',
);

/** Whether a value is written as a time is. */
export function isTime(value: Sent): boolean {
  return typeof value === 'string' && /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z$/.test(value);
}

/** Whether the value is a time, and the column holds one in another form: a number, or another writer's text. */
export function areTimes(old: Sql, value: Sql): Sql {
  return sql`${value} glob ${TIME} and not ${old} glob ${TIME} and ${instant(old)} is not null`;
}

// Seconds of the years until 5138; milliseconds since 1973.
const MOST_SECONDS = sql.lit(100_000_000_000);

/** A time as milliseconds since 1970. */
export function instant(time: Sql): Sql {
  return sql`
    case
      when ${isWritten(time)}
      then strftime('%s', ${time}) * 1000 + cast(substr(strftime('%f', ${time}), 4) as integer)
      when ${isDays(time)}
      then round((${time} - 2440587.5) * 86400000)
      when abs(${time}) < ${MOST_SECONDS}
      then round(${time} * 1000)
      else ${time} + 0
    end
  `;
}

/** Whether a time is a text, other than the digits of a number that a column of text has. */
function isWritten(time: Sql): Sql {
  return sql`typeof(${time}) = 'text' and (${time} glob '*[^0-9]*' or length(${time}) < 9)`;
}

/** A time in the form of one that is there. */
export function inFormOf(old: Sql, value: Sql): Sql {
  return sql`
    case
      when ${isWritten(old)} then ${value}
      when ${isDays(old)} then julianday(${value})
      when abs(${old}) < ${MOST_SECONDS}
      then ${instant(value)} / case typeof(${old}) when 'real' then 1000.0 else 1000 end
      else ${instant(value)}
    end
  `;
}

/** Whether a number counts days, as julianday() does: those of the years 0 to 9999. */
function isDays(time: Sql): Sql {
  return sql`typeof(${time}) = 'real' and ${time} between 1721059.5 and 5373484.5`;
}

/** What a column may hold for a value: if that is a time, each form that SQLite has for it. */
export function formsOf(value: Sql): Sql {
  const whole = [...textsOf('%S', value), sql`strftime('%s', ${value}) + 0`].map(
    (form) => sql`case when ${value} glob '*.000Z' then ${form} end`,
  );
  const others = [
    ...textsOf('%f', value),
    ...textsOf('%f000', value),
    instant(value),
    sql`${instant(value)} / 1000.0`,
    sql`julianday(${value})`,
    ...whole,
  ];
  return sql.join([value, ...others.map((form) => sql`case when ${value} glob ${TIME} then ${form} end`)]);
}

/** The texts that others write for a time in UTC, to the second or to a fraction of it. */
function textsOf(seconds: string, value: Sql): Sql[] {
  return [' ', 'T'].flatMap((between) =>
    ['', 'Z', '+00:00'].map(
      (zone) => sql`strftime(${sql.lit(`%Y-%m-%d${between}%H:%M:${seconds}${zone}`)}, ${value})`,
    ),
  );
}
