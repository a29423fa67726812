import { type ExtraValue, max, min } from '@sluice/core';
import { type Database, K, type Key, MARIADB, one, POSTGRES, type Shape, SQLITE } from './shapes.js';

const at = (text: string): Date => new Date(text);

/** Keys that a column of this type takes for the same: apart, in one batch, and in another order. */
function sameKeys(on: readonly Database[], type: string, keys: readonly Key[]): Shape {
  return {
    subject: `keys of the type ${type}: ${keys.map(String).join(', ')}`,
    on,
    ddl: [`create table t (k ${type} primary key, n integer)`],
    model: K,
    steps: [
      ...keys.map((key) => [one(key)]),
      keys.map((key) => one(key)),
      keys.toReversed().map((key) => one(key)),
    ],
    query: 'select count(*), sum(n) from t',
    right: [[1, keys.length * 3]],
  };
}

/** A value for a row that is there, and for a new one. */
function value(on: readonly Database[], type: string, given: ExtraValue, right: string, text: string): Shape {
  return {
    subject: `a value of the type ${type}: ${JSON.stringify(given)}`,
    on,
    ddl: [
      `create table t (k integer primary key, n integer, x ${type})`,
      'insert into t (k, n) values (1, 0)',
    ],
    model: { ...K, extra: ['x'] },
    steps: [[1, 2].map((k) => [{ n: 1 }, { k }, { x: given }])],
    query: `select n, ${text} from t order by k`,
    right: [
      [1, `x${right}`],
      [1, `x${right}`],
    ],
  };
}

// Columns of PostgreSQL that are no plain numbers and texts: an address, a range of dates, a fixed number of characters.
const POSTGRES_VALUES: readonly [type: string, given: ExtraValue, right: string][] = [
  ['char(5)', 'abc', 'abc'],
  ['bit(4)', '0110', '0110'],
  ['bit varying(8)', '0101', '0101'],
  ['"char"', 'x', 'x'],
  ['varchar(5)', 'abc', 'abc'],
  ['inet', '10.0.0.1/8', '10.0.0.1/8'],
  ['cidr', '10.0.0.0/8', '10.0.0.0/8'],
  ['macaddr', '08:00:2b:01:02:03', '08:00:2b:01:02:03'],
  ['bytea', '\\xdead', '\\xdead'],
  ['interval', '1 day', '1 day'],
  ['int4range', '[1,5)', '[1,5)'],
  ['uuid', '0190F0A0-0000-7000-8000-00000000000A', '0190f0a0-0000-7000-8000-00000000000a'],
  ['time', '10:00', '10:00:00'],
  ['timetz', '10:00+02', '10:00:00+02'],
  ['xml', '<a/>', '<a/>'],
  ['numeric(6,2)', 1.5, '1.50'],
  ['real', 0.1, '0.1'],
  ['double precision', 0.1, '0.1'],
  ['boolean', true, 'true'],
  ['date', at('2026-01-31T12:00:00Z'), '2026-01-31'],
  ['timestamp', at('2026-01-31T12:00:00Z'), '2026-01-31 12:00:00'],
  ['timestamp(0)', at('2026-01-31T12:00:00.600Z'), '2026-01-31 12:00:01'],
  ['int[]', [1, 2], '{1,2}'],
  ['char(3)[]', ['a', 'b'], '{"a  ","b  "}'],
  ['varchar(3)[]', ['a', 'b'], '{a,b}'],
  ['json', { a: 1 }, '{"a":1}'],
  ['jsonb', 'abc', '"abc"'],
  ['text', { a: 1 }, '{"a":1}'],
  ['tsvector', 'a b', "'a' 'b'"],
  ['money', 1.5, '$1.50'],
  ['date', 'infinity', 'infinity'],
  ['point', '(1,2)', '(1,2)'],
];

const POSTGRES_KEYS: readonly [type: string, ...keys: Key[]][] = [
  ['char(5)', 'abc', 'abc  '],
  ['bit(4)', '1010'],
  ['bit varying(8)', '101'],
  ['"char"', 'x'],
  ['inet', '10.0.0.1/8', '10.0.0.1/8'],
  ['bytea', '\\xdead', '\\xDEAD'],
  ['interval', '1 day', '24:00'],
  ['int4range', '[1,5)', '[1,4]'],
  ['time', '10:00', '10:00:00'],
  ['numeric(6,2)', 1.5, '1.501', '1.50'],
  ['real', 0.1, '0.1', 0.1],
  ['double precision', 0.1, '0.1'],
  ['boolean', true, 't', 'yes'],
  ['date', at('2026-01-31T12:00:00Z'), '2026-01-31', at('2026-01-31T23:00:00Z')],
  ['timestamp', at('2026-01-31T12:00:00Z'), '2026-01-31 12:00:00'],
  ['timestamp(0)', at('2026-01-31T12:00:00.600Z'), '2026-01-31 12:00:01'],
  ['timestamptz', 'infinity', 'infinity'],
  ['timestamptz', '0044-03-15 00:00:00Z BC', '0044-03-15 00:00:00+00 BC'],
  ['int[]', '{1,2}', '{ 1, 2}'],
  ['oid', 5, '5'],
  ['name', 'a', 'a'],
  ['bigint', 9007199254740993n, '9007199254740993'],
];

// Flags of bits, days of a report, a temperature: what MySQL reads in another way than it stores it.
const MARIADB_VALUES: readonly [type: string, given: ExtraValue, right: string, text?: string][] = [
  ["enum('a','b','1')", 'a', 'a'],
  ["set('a','b')", 'b,a', 'a,b'],
  ['bit(8)', 5, '5', 'x + 0'],
  ['year', 2026, '2026'],
  ['float', 0.1, '0.1'],
  ['date', at('2026-01-31T12:00:00Z'), '2026-01-31'],
  ['time', at('2026-01-31T12:00:00Z'), '12:00:00'],
  ['timestamp', at('2026-01-31T12:00:00Z'), '2026-01-31 12:00:00'],
  ['json', { a: 1 }, '{"a":1}'],
  ['json', [1], '[1]'],
  ['uuid', '0190F0A0-0000-7000-8000-00000000000A', '0190f0a0-0000-7000-8000-00000000000a'],
  ['inet6', '::1', '::1'],
  ['varchar(9) character set latin1', 'é', 'é'],
  ['int unsigned zerofill', 5, '0000000005'],
  ['int invisible', 5, '5'],
];

const MARIADB_KEYS: readonly [type: string, ...keys: Key[]][] = [
  ["enum('a','b','1')", 'a', 'A'],
  ["enum('a','b')", 2, 'b', 2],
  ['bit(8)', 5, 5],
  ['bit(8)', 5, '5'],
  ['bit(1)', true, 1],
  ['boolean', true, 1, '1'],
  ['year', 2026, '2026', '26'],
  ['year', 0, '0000'],
  ['float', 0.1, '0.1'],
  ['double', 0.1, '0.1'],
  ['decimal(6,2)', 1.5, '1.50', '1.501'],
  ['date', at('2026-01-31T00:00:00Z'), '2026-01-31'],
  ['date', at('2026-01-31T12:00:00Z'), '2026-01-31', at('2026-01-31T23:00:00Z')],
  ['datetime', '2026-01-31', at('2026-01-31T00:00:00Z'), '2026-01-31T00:00:00'],
  ['datetime(3)', at('2026-01-31T00:00:00.123Z'), '2026-01-31 00:00:00.1234'],
  ['timestamp(6)', at('2026-01-31T00:00:00.123Z'), '2026-01-31 00:00:00.123'],
  ['time', '10:00', '10:00:00'],
  ['time', '10:00', at('2026-01-31T10:00:00Z')],
  ['int(6) zerofill', 5, '5', '000005'],
  ['bigint', 9007199254740993n, '9007199254740993'],
  ['bigint unsigned', 18446744073709551615n, '18446744073709551615'],
  ['char(5)', 'abc', 'abc  '],
  ['binary(3)', 'abc', 'abc'],
  ['varbinary(9)', 'abc', 'abc'],
  ['uuid', '0190f0a0-0000-7000-8000-00000000000a', '0190F0A0-0000-7000-8000-00000000000A'],
  ['inet6', '::1', '0::1'],
  ['varchar(9) character set latin1', 'é', 'É'],
  ['varchar(9) character set utf8mb3', 'é', 'É'],
  ['varchar(9) collate utf8mb4_bin', 'é', 'é '],
  ['int', '1', '1.0', 1],
];

// Identifiers that one service sends as numbers and another one as text.
const SQLITE_KEYS: readonly [type: string, ...keys: Key[]][] = [
  ['text', 1, '1', 1n],
  ['varchar(9) collate rtrim', 'a', 'a ', 'a  '],
  ['real', 0.1, '0.1'],
  ['real', 1, '1.0'],
  ['boolean', true, 1],
  ['numeric', 1.5, '1.50'],
  ['blob', 'a', 'a'],
];

/** Days of a report, the hour of a counter: the same time as other writers of SQLite have it. */
function timeBeside(type: string, stored: string): Shape {
  return {
    subject: `a Date as a key, beside ${stored} as ${type}`,
    on: SQLITE,
    ddl: [`create table t (k ${type} unique, n integer)`, `insert into t values (${stored}, 5)`],
    model: K,
    steps: [[one(at('2026-01-15T08:00:00Z'))], [one(at('2026-01-15T08:00:00Z'))]],
    query: 'select n from t',
    right: [[7]],
  };
}

const TIMES: readonly Shape[] = [
  timeBeside('text', "'2026-01-15 08:00:00'"),
  timeBeside('text', "'2026-01-15 08:00:00.000'"),
  timeBeside('text', "'2026-01-15T08:00:00Z'"),
  timeBeside('text', "'2026-01-15T08:00:00.000Z'"),
  timeBeside('text', "'2026-01-15T08:00:00'"),
  timeBeside('text', "'2026-01-15T08:00:00+00:00'"),
  timeBeside('text', "'2026-01-15 08:00:00.000000'"),
  timeBeside('text', "'2026-01-15 08:00:00.000000+00:00'"),
  timeBeside('datetime', "'2026-01-15 08:00:00'"),
  timeBeside('integer', '1768464000'),
  timeBeside('integer', '1768464000000'),
  timeBeside('real', "julianday('2026-01-15 08:00')"),
  {
    subject: 'a Date as a key, beside texts that are no time or another one',
    on: SQLITE,
    ddl: [
      'create table t (k text primary key, n integer)',
      "insert into t values ('2026-01-15', 0), ('2026', 0), ('2026-01-15 08:00:01', 0), ('1768464000', 0)",
    ],
    model: K,
    steps: [[one(at('2026-01-15T00:00:00Z')), one(at('2026-01-15T08:00:00.001Z')), one('2026')]],
    query: "select 'at ' || k, n from t order by k",
    right: [
      ['at 1768464000', 0],
      ['at 2026', 1],
      ['at 2026-01-15', 0],
      ['at 2026-01-15 08:00:01', 0],
      ['at 2026-01-15T00:00:00.000Z', 1],
      ['at 2026-01-15T08:00:00.001Z', 1],
    ],
  },
  {
    subject: 'days of a Julian calendar',
    on: SQLITE,
    ddl: [
      'create table t (k int primary key, n int, at real, x real)',
      'insert into t values (1, 0, 2461042.5, 2461042.5), (2, 0, 2461042.5, 2461042.5)',
    ],
    model: { ...K, extra: ['at', 'x'] },
    steps: [
      [
        [{ n: 1 }, { k: 1 }, { at: max(at('2025-01-01')), x: at('2026-01-01T12:00:00Z') }],
        [{ n: 1 }, { k: 2 }, { at: max(at('2026-01-02T12:00:00Z')), x: at('2026-01-01T12:00:00Z') }],
      ],
    ],
    query: 'select at, x from t order by k',
    right: [
      [2461042.5, 2461042],
      [2461043, 2461042],
    ],
  },
  {
    subject: 'a Date in a new row, beside rows that have numbers',
    on: SQLITE,
    ddl: [
      'create table t (k int primary key, n int, s integer, ms integer, days real, x text)',
      "insert into t values (1, 0, 1768464000, 1768464000000, 2461055.5, '2026-01-15 08:00:00')",
    ],
    model: { ...K, extra: ['s', 'ms', 'days', 'x'] },
    steps: [
      [
        [
          { n: 1 },
          { k: 2 },
          {
            s: at('2026-01-15T12:00:00Z'),
            ms: max(at('2026-01-15T12:00:00Z')),
            days: at('2026-01-15T12:00:00Z'),
            x: at('2026-01-15T12:00:00Z'),
          },
        ],
      ],
    ],
    query: 'select s, ms, days, x from t where k = 2',
    right: [[1_768_478_400, 1_768_478_400_000, 2461056, '2026-01-15T12:00:00.000Z']],
  },
  {
    subject: 'microseconds of another writer beside milliseconds',
    on: POSTGRES,
    ddl: [
      'create table t (k timestamptz primary key, n integer)',
      "insert into t values ('2026-01-01 00:00:00.123456Z', 5)",
    ],
    model: K,
    steps: [[one(at('2026-01-01T00:00:00.123Z'))], [one('2026-01-01 00:00:00.123456Z')]],
    query: 'select n from t order by k',
    right: [[1], [6]],
  },
  {
    subject: 'times without an end beside Dates',
    on: POSTGRES,
    ddl: [
      'create table t (k int primary key, n int, at timestamptz, first timestamptz)',
      "insert into t values (1, 0, 'infinity', '-infinity')",
    ],
    model: { ...K, extra: ['at', 'first'] },
    steps: [[[{ n: 1 }, { k: 1 }, { at: max(at('2026-01-01')), first: min(at('2026-01-01')) }]]],
    query: 'select n, at::text, first::text from t',
    right: [[1, 'infinity', '-infinity']],
  },
  {
    subject: 'hours that do not exist elsewhere, or exist twice',
    on: MARIADB,
    ddl: ["set global time_zone = '-03:00'", 'create table t (k timestamp(3) primary key, n int)'],
    model: K,
    steps: [0, 1].map(() =>
      ['2026-03-29T01:30:00Z', '2026-03-29T02:30:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map(
        (text) => one(at(text)),
      ),
    ),
    query: 'select cast(unix_timestamp(k) as integer), n from t order by k',
    right: [1_774_747_800, 1_774_751_400, 1_792_888_200, 1_792_891_800].map((k) => [k, 2]),
  },
];

export const TYPE_SHAPES: readonly Shape[] = [
  ...POSTGRES_VALUES.map(([type, given, right]) => value(POSTGRES, type, given, right, "'x' || x::text")),
  ...POSTGRES_KEYS.map(([type, ...keys]) => sameKeys(POSTGRES, type, keys)),
  ...MARIADB_VALUES.map(([type, given, right, text = 'x']) =>
    value(MARIADB, type, given, right, `concat('x', ${text})`),
  ),
  ...MARIADB_KEYS.map(([type, ...keys]) => sameKeys(MARIADB, type, keys)),
  ...SQLITE_KEYS.map(([type, ...keys]) => sameKeys(SQLITE, type, keys)),
  ...TIMES,
];
