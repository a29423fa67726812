import { max, min } from '@sluice/core';
import { ALL, type Counts, K, MARIADB, one, POSTGRES, SELECT, type Shape, SQLITE } from './shapes.js';

const on = (d: string) => new Date(d);

const PG_TYPES: readonly Shape[] = [
  ...(
    [
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
      ['date', on('2026-01-31T12:00:00Z'), '2026-01-31'],
      ['timestamp', on('2026-01-31T12:00:00Z'), '2026-01-31 12:00:00'],
      ['timestamp(0)', on('2026-01-31T12:00:00.600Z'), '2026-01-31 12:00:01'],
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
    ] as const
  ).flatMap(([type, value, right]): Shape[] => [
    {
      subject: `an extra of type ${type}: ${JSON.stringify(value)}`,
      on: POSTGRES,
      ddl: [`create table t (k integer primary key, n integer, x ${type})`, 'insert into t values (1, 0)'],
      model: { ...K, extra: ['x'] },
      steps: [
        [
          [{ n: 1 }, { k: 1 }, { x: value as never }],
          [{ n: 1 }, { k: 2 }, { x: value as never }],
        ],
      ],
      query: "select n, 'x' || x::text from t order by k",
      right: [
        [1, `x${right}`],
        [1, `x${right}`],
      ],
    },
  ]),
  ...(
    [
      ['char(5)', ['abc', 'abc  ']],
      ['bit(4)', ['1010']],
      ['bit varying(8)', ['101']],
      ['"char"', ['x']],
      ['inet', ['10.0.0.1/8', '10.0.0.1/8']],
      ['bytea', ['\\xdead', '\\xDEAD']],
      ['interval', ['1 day', '24:00']],
      ['int4range', ['[1,5)', '[1,4]']],
      ['time', ['10:00', '10:00:00']],
      ['numeric(6,2)', [1.5, '1.501', '1.50']],
      ['real', [0.1, '0.1', 0.1]],
      ['double precision', [0.1, '0.1']],
      ['boolean', [true, 't', 'yes']],
      ['date', [on('2026-01-31T12:00:00Z'), '2026-01-31', on('2026-01-31T23:00:00Z')]],
      ['timestamp', [on('2026-01-31T12:00:00Z'), '2026-01-31 12:00:00']],
      ['timestamp(0)', [on('2026-01-31T12:00:00.600Z'), '2026-01-31 12:00:01']],
      ['timestamptz', ['infinity', 'infinity']],
      ['timestamptz', ['0044-03-15 00:00:00Z BC', '0044-03-15 00:00:00+00 BC']],
      ['int[]', ['{1,2}', '{ 1, 2}']],
      ['oid', [5, '5']],
      ['citext', ['a', 'A']],
      ['name', ['a', 'a']],
      ['bigint', [9007199254740993n, '9007199254740993']],
    ] as const
  ).map(
    ([type, keys]): Shape => ({
      subject: `keys of type ${type}: ${keys.map(String).join()}`,
      on: type === 'citext' ? ['postgres'] : POSTGRES,
      ddl: [
        ...(type === 'citext' ? ['create extension if not exists citext schema main'] : []),
        `create table t (k ${type} primary key, n integer)`,
      ],
      model: K,
      steps: [
        ...keys.map((k) => [one(k as never)]),
        keys.map((k) => one(k as never)),
        [...keys].reverse().map((k) => one(k as never)),
      ],
      query: 'select count(*), sum(n) from t',
      right: [[1, keys.length * 3]],
    }),
  ),
  {
    subject: 'microseconds beside milliseconds',
    on: POSTGRES,
    ddl: [
      'create table t (k timestamptz primary key, n integer)',
      "insert into t values ('2026-01-01 00:00:00.123456Z', 5)",
    ],
    model: K,
    steps: [[one(on('2026-01-01T00:00:00.123Z'))], [one('2026-01-01 00:00:00.123456Z')]],
    query: 'select n from t order by k',
    right: [[1], [6]],
  },
  {
    subject: 'infinity beside dates',
    on: POSTGRES,
    ddl: [
      'create table t (k int primary key, n int, at timestamptz, first timestamptz)',
      "insert into t values (1, 0, 'infinity', '-infinity')",
    ],
    model: { ...K, extra: ['at', 'first'] },
    steps: [[[{ n: 1 }, { k: 1 }, { at: max(on('2026-01-01')), first: min(on('2026-01-01')) }]]],
    query: 'select n, at::text, first::text from t',
    right: [[1, 'infinity', '-infinity']],
  },
  {
    subject: 'domains over domains with not null',
    on: POSTGRES,
    ddl: [
      'create domain a as integer not null check (value > 0)',
      'create domain b as a check (value < 100)',
      'create domain c as b default 7',
      'create table t (k c primary key, n b, m c, x b)',
      'insert into t values (1, 50, 50, 1)',
    ],
    model: { ...K, columns: ['n', 'm'], extra: ['x'] },
    steps: [
      [
        [{ n: -40 }, { k: 1 }],
        [{ n: 5 }, { k: 2 }, { x: 3 }],
        [{ n: 5 }, { k: 100 }, { x: 3 }],
        [{ n: 5, m: 100 }, { k: 4 }, { x: 3 }],
        [{ m: 100 }, { k: 5 }, { x: 3 }],
      ],
    ],
    query: 'select k, n, m, x from t order by k',
    right: [
      [1, 10, 50, 1],
      [2, 5, 7, 3],
    ],
    dead: 3,
  },
  {
    subject: 'an exclusion constraint',
    on: ['postgres'],
    ddl: [
      'create table t (k int primary key, n int, r int4range, exclude using gist (r with &&))',
      "insert into t values (1, 0, '[1,5)')",
    ],
    model: { ...K, extra: ['r'] },
    steps: [
      [
        [{ n: 1 }, { k: 1 }, { r: '[2,6)' }],
        [{ n: 1 }, { k: 2 }, { r: '[5,7)' }],
        [{ n: 1 }, { k: 3 }, { r: '[8,9)' }],
      ],
    ],
    query: 'select k, n, r::text from t order by k',
    right: [
      [1, 1, '[2,6)'],
      [3, 1, '[8,9)'],
    ],
    dead: 1,
  },
  {
    subject: 'an identity that may never be given',
    on: POSTGRES,
    ddl: [
      'create table t (id int generated always as identity, k int primary key, n int)',
      'insert into t (k, n) values (1, 1)',
    ],
    model: K,
    steps: [[one(1)], [one(1), one(2)]],
    query: 'select id, k, n from t order by k',
    right: [
      [1, 1, 3],
      [2, 2, 1],
    ],
  },
  {
    subject: 'an identity that may never be given, as the key of updates',
    on: POSTGRES,
    ddl: [
      'create table t (k int generated always as identity primary key, n int)',
      'insert into t (n) values (1)',
    ],
    model: { ...K, mode: 'update' },
    steps: [[one(1), one(2)]],
    query: SELECT,
    right: [[1, 2]],
  },
  {
    subject: 'a generated column as the key of updates',
    on: ALL,
    ddl: [
      'create table t (id int primary key, n int, k int generated always as (id + 1) stored)',
      'insert into t (id, n) values (1, 1)',
    ],
    model: { ...K, mode: 'update' },
    steps: [[one(2), one(3)]],
    query: 'select id, n, k from t',
    right: [[1, 2, 2]],
  },
  {
    subject: 'a policy that lets only some rows be updated, and none be inserted',
    on: ['postgres'],
    ddl: [
      'create table t (k integer primary key, n integer not null)',
      'insert into t values (1, 1), (2, 1)',
      'alter table t enable row level security',
      'alter table t force row level security',
      'create policy reads on t for select using (true)',
      'create policy writes on t for update using (k = 1)',
    ],
    model: K,
    steps: [[one(1)]],
    query: 'select k, n from t order by k',
    right: [
      [1, 2],
      [2, 1],
    ],
  },
  {
    subject: 'no partition for the row',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer) partition by range (k)',
      'create table t_1 partition of t for values from (0) to (10)',
    ],
    model: K,
    steps: [[one(1), one(11)], [one(1)]],
    query: SELECT,
    right: [[1, 2]],
    dead: 1,
  },
  {
    subject: 'a table with rules',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer)',
      'insert into t values (1, 1)',
      'create table log (k integer)',
      'create rule log as on insert to t do also insert into log values (new.k)',
    ],
    model: K,
    steps: [[one(1), one(2)]],
    query: 'select (select count(*) from log), (select sum(n) from t)',
    right: [[1, 3]],
  },
  {
    subject: 'an unlogged table in another schema, with odd names',
    on: POSTGRES,
    ddl: [
      'drop schema if exists "Odd.Schema" cascade',
      'create schema "Odd.Schema"',
      'create unlogged table "Odd.Schema"."a \'b\' ""c"" ? $1 :name 👍" ("select" integer primary key, "N.n" integer, "👍 ? :a $2" integer, "ключ" text)',
    ],
    model: {
      table: ['Odd.Schema', 'a \'b\' "c" ? $1 :name 👍'],
      keys: ['select'],
      columns: ['N.n', '👍 ? :a $2'],
      extra: ['ключ'],
    },
    steps: [0, 1].map(() => [[{ 'N.n': 1, '👍 ? :a $2': 2 }, { select: 1 }, { ключ: 'x' }]]),
    query: 'select * from "Odd.Schema"."a \'b\' ""c"" ? $1 :name 👍"',
    right: [[1, 2, 4, 'x']],
  },
  {
    subject: 'names of 63 bytes',
    on: POSTGRES,
    ddl: [`create table t (${'k'.repeat(63)} integer primary key, ${'é'.repeat(31)}n integer)`],
    model: { table: 't', keys: ['k'.repeat(63)], columns: [`${'é'.repeat(31)}n`] },
    steps: [0, 1].map(() => [[{ [`${'é'.repeat(31)}n`]: 1 }, { ['k'.repeat(63)]: 1 }]]),
    query: 'select * from t',
    right: [[1, 2]],
  },
  {
    subject: 'a composite type',
    on: POSTGRES,
    ddl: ['create type pair as (a int, b text)', 'create table t (k int primary key, n int, p pair)'],
    model: { ...K, extra: ['p'] },
    steps: [[[{ n: 1 }, { k: 1 }, { p: { a: 1, b: 'x' } }]]],
    query: 'select n, p::text from t',
    right: [[1, '(1,x)']],
  },
  {
    subject: 'a view of a join with triggers',
    on: POSTGRES,
    ddl: [
      'create table behind (k integer primary key, n integer)',
      'create table names (k integer primary key, name text)',
      'create view t as select k, n, name from behind left join names using (k)',
      "create function w() returns trigger language plpgsql as $$ begin if tg_op = 'INSERT' then insert into behind values (new.k, new.n); else update behind set n = new.n where k = old.k; end if; return new; end $$",
      'create trigger w instead of insert or update on t for each row execute function w()',
    ],
    model: K,
    steps: [[one(1), one(2), one('01')], [one(1)]],
    query: SELECT,
    right: [
      [2, 1],
      [1, 3],
    ],
  },
  {
    subject: 'a view of groups with triggers',
    on: POSTGRES,
    ddl: [
      'create table behind (k integer, n integer)',
      'create view t as select k, sum(n)::int as n from behind group by k',
      "create function w() returns trigger language plpgsql as $$ begin insert into behind values (new.k, new.n - case when tg_op = 'INSERT' then 0 else old.n end); return new; end $$",
      'create trigger w instead of insert or update on t for each row execute function w()',
    ],
    model: K,
    steps: [[one(1), one(2)], [one(1)]],
    query: SELECT,
    right: [
      [2, 1],
      [1, 2],
    ],
  },
  {
    subject: 'two models with different keys',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, e varchar(9) unique, n integer)',
      "insert into t values (1, 'a', 0)",
    ],
    model: { table: 't', columns: ['n'] },
    steps: [
      [one(1), [{ n: 2 }, { e: 'a' }], [{ n: 4 }, { k: 1, e: 'a' }]],
      [one(1), [{ n: 2 }, { e: 'a' }], [{ n: 4 }, { k: 1, e: 'a' }]],
    ],
    query: 'select k, n from t',
    right: [[1, 14]],
  },
  {
    subject: 'a trigger that draws and changes the key',
    on: POSTGRES,
    ddl: [
      'create table t (k text primary key, n integer)',
      'create function low() returns trigger language plpgsql as $$ begin new.k = lower(new.k); return new; end $$',
      'create trigger low before insert on t for each row execute function low()',
    ],
    model: K,
    steps: [
      [one('A'), one('b')],
      [one('a'), one('b'), one('B')],
    ],
    query: SELECT,
    right: [
      ['a', 2],
      ['b', 2],
    ],
    dead: 1,
  },
  {
    subject: 'inheritance without triggers',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer)',
      'create table heir (primary key (k)) inherits (t)',
      'insert into heir values (1, 5)',
      'insert into t values (2, 5)',
      'insert into heir values (2, 5)',
    ],
    model: K,
    steps: [[one(1), one(2), one(3)]],
    query: 'select k, n from t order by k, n',
    right: [
      [1, 6],
      [2, 5],
      [2, 5],
      [3, 1],
    ],
    dead: 1,
  },
  {
    subject: 'keys half of NULL, not distinct',
    on: POSTGRES,
    ddl: ['create table t (k integer, j text, n integer, unique nulls not distinct (k, j))'],
    model: { ...K, keys: ['k', 'j'] },
    steps: [0, 1].map(
      () =>
        [
          [{ n: 1 }, { k: 1, j: null }],
          [{ n: 1 }, { k: null, j: 'a' }],
          [{ n: 1 }, { k: null, j: null }],
          [{ n: 1 }, { k: 1, j: '' }],
        ] as Counts[],
    ),
    query: 'select count(*), min(n), max(n) from t',
    right: [[4, 2, 2]],
  },
];

const MY = (name: string, ddl: string[], rest: Partial<Shape>): Shape => ({
  subject: name,
  on: MARIADB,
  ddl,
  model: K,
  steps: [],
  query: SELECT,
  right: [],
  ...rest,
});

const MYSQL_TYPES: readonly Shape[] = [
  ...(
    [
      ["enum('a','b','1')", ['a', 'A']],
      ["enum('a','b')", [2, 'b', 2]],
      ['bit(8)', [5, 5]],
      ['bit(8)', [5, '5']],
      ['bit(1)', [true, 1]],
      ['boolean', [true, 1, '1']],
      ['year', [2026, '2026', '26']],
      ['float', [0.1, '0.1']],
      ['double', [0.1, '0.1']],
      ['decimal(6,2)', [1.5, '1.50', '1.501']],
      ['date', [on('2026-01-31T00:00:00Z'), '2026-01-31']],
      ['date', [on('2026-01-31T12:00:00Z'), '2026-01-31', on('2026-01-31T23:00:00Z')]],
      ['datetime', ['2026-01-31', on('2026-01-31T00:00:00Z'), '2026-01-31T00:00:00']],
      ['datetime(3)', [on('2026-01-31T00:00:00.123Z'), '2026-01-31 00:00:00.1234']],
      ['timestamp(6)', [on('2026-01-31T00:00:00.123Z'), '2026-01-31 00:00:00.123']],
      ['time', ['10:00', '10:00:00']],
      ['time', ['10:00', on('2026-01-31T10:00:00Z')]],
      ['int(6) zerofill', [5, '5', '000005']],
      ['bigint', [9007199254740993n, '9007199254740993']],
      ['bigint unsigned', [18446744073709551615n, '18446744073709551615']],
      ['char(5)', ['abc', 'abc  ']],
      ['binary(3)', ['abc', 'abc']],
      ['varbinary(9)', ['abc', 'abc']],
      ['uuid', ['0190f0a0-0000-7000-8000-00000000000a', '0190F0A0-0000-7000-8000-00000000000A']],
      ['inet6', ['::1', '0::1']],
      ['varchar(9) character set latin1', ['é', 'É']],
      ['varchar(9) character set utf8mb3', ['é', 'É']],
      ['varchar(9) collate utf8mb4_bin', ['é', 'é ']],
      ['int', ['1', '1.0', 1]],
    ] as const
  ).map(([type, keys]) =>
    MY(
      `keys of type ${type}: ${keys.map(String).join()}`,
      [`create table t (k ${type} primary key, n integer)`],
      {
        steps: [
          ...keys.map((k) => [one(k as never)]),
          keys.map((k) => one(k as never)),
          [...keys].reverse().map((k) => one(k as never)),
        ],
        query: 'select count(*), sum(n) from t',
        right: [[1, keys.length * 3]],
      },
    ),
  ),
  ...(
    [
      ["enum('a','b','1')", 'a', 'a'],
      ["set('a','b')", 'b,a', 'a,b'],
      ['bit(8)', 5, '5'],
      ['year', 2026, '2026'],
      ['float', 0.1, '0.1'],
      ['date', on('2026-01-31T12:00:00Z'), '2026-01-31'],
      ['time', on('2026-01-31T12:00:00Z'), '12:00:00'],
      ['timestamp', on('2026-01-31T12:00:00Z'), '2026-01-31 12:00:00'],
      ['json', { a: 1 }, '{"a":1}'],
      ['json', [1], '[1]'],

      ['uuid', '0190F0A0-0000-7000-8000-00000000000A', '0190f0a0-0000-7000-8000-00000000000a'],
      ['inet6', '::1', '::1'],
      ['varchar(9) character set latin1', 'é', 'é'],
      ['int unsigned zerofill', 5, '0000000005'],
      ['int invisible', 5, '5'],
    ] as const
  ).map(([type, value, right]) =>
    MY(
      `an extra of type ${type}: ${JSON.stringify(value)}`,
      [`create table t (k integer primary key, n integer, x ${type})`, 'insert into t (k, n) values (1, 0)'],
      {
        model: { ...K, extra: ['x'] },
        steps: [
          [
            [{ n: 1 }, { k: 1 }, { x: value as never }],
            [{ n: 1 }, { k: 2 }, { x: value as never }],
          ],
        ],
        query: `select n, concat('x', ${type.startsWith('bit') ? 'x + 0' : 'x'}) from t order by k`,
        right: [
          [1, `x${right}`],
          [1, `x${right}`],
        ],
      },
    ),
  ),
  MY(
    'an emoji in a table of three bytes',
    ['create table t (k varchar(9) character set utf8mb3 primary key, n int)'],
    {
      steps: [
        [one('a'), one('👍')],
        [one('👍'), one('a')],
      ],
      right: [['a', 2]],
      dead: 2,
    },
  ),
  MY(
    'an emoji in an extra of one byte',
    [
      'create table t (k int primary key, n int, x varchar(9) character set latin1)',
      "insert into t values (1, 0, 'é')",
    ],
    {
      model: { ...K, extra: ['x'] },
      steps: [
        [
          [{ n: 1 }, { k: 1 }, { x: '👍' }],
          [{ n: 1 }, { k: 2 }, { x: 'é' }],
        ],
        [
          [{ n: 1 }, { k: 1 }, { x: max('à') }],
          [{ n: 1 }, { k: 2 }, { x: max('ê') }],
        ],
      ],
      query: 'select k, n, x from t order by k',
      right: [
        [1, 1, 'é'],
        [2, 2, 'ê'],
      ],
      dead: 1,
    },
  ),
  ...[
    '',
    'ANSI',
    'TRADITIONAL',
    'PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES',
    'PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE,REAL_AS_FLOAT',
    'EMPTY_STRING_IS_NULL',
    'SIMULTANEOUS_ASSIGNMENT',
    'TIME_ROUND_FRACTIONAL',
    'MSSQL',
    'NO_UNSIGNED_SUBTRACTION',
    'ONLY_FULL_GROUP_BY',
  ].map((mode) =>
    MY(
      `the mode ${mode}`,
      [
        `set global sql_mode = '${mode}'`,
        'create table t (k char(20) primary key, n int, x varchar(20), seq int)',
      ],
      {
        model: { ...K, extra: ['x', 'seq'] },
        steps: [
          [
            [{ n: 1 }, { k: "a'\\" }, { seq: max(1, { x: "b\\'" }) }],
            [{ n: 1 }, { k: '' }, { x: '' }],
          ],
          [
            [{ n: 1 }, { k: "a'\\" }, { seq: max(2, { x: "c\\'" }) }],
            [{ n: 1 }, { k: '' }, { x: '' }],
          ],
        ],
        query: 'select n, x, seq from t order by n, k',
        right: [
          [2, '', null],
          [2, "c\\'", 2],
        ],
      },
    ),
  ),
  ...[
    ['tx_isolation', "'SERIALIZABLE'", "'REPEATABLE-READ'"],
    ['sql_big_selects', '0', '1'],
    ['character_set_server', "'latin1'", 'default'],
    ['innodb_strict_mode', '0', '1'],
    ['foreign_key_checks', '0', '1'],
    ['unique_checks', '0', '1'],
    ['max_statement_time', '3', '0'],
    ['div_precision_increment', '0', '4'],
    ['group_concat_max_len', '4', 'default'],
    ['max_sort_length', '8', 'default'],
  ].map(([name, value]) =>
    MY(
      `${name} = ${value}`,
      [`set global ${name} = ${value}`, 'create table t (k varchar(20) primary key, n int)'],
      {
        steps: [[one('aaaaaaaaaaaaaaaaa1'), one('aaaaaaaaaaaaaaaaa2')], [one('aaaaaaaaaaaaaaaaa1')]],
        query: 'select n from t order by k',
        right: [[2], [1]],
      },
    ),
  ),
  MY(
    'hours that do not exist and that exist twice',
    ["set global time_zone = '-03:00'", 'create table t (k timestamp(3) primary key, n int)'],
    {
      steps: [
        [
          '2026-03-29T01:30:00.000Z',
          '2026-03-29T02:30:00.000Z',
          '2026-10-25T00:30:00.000Z',
          '2026-10-25T01:30:00.000Z',
        ].map((at) => one(on(at))),
        ['2026-03-29T01:30:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'].map((at) =>
          one(on(at)),
        ),
      ],
      query: 'select cast(unix_timestamp(k) as integer), n from t order by k',
      right: [
        [1774747800, 2],
        [1774751400, 1],
        [1792888200, 2],
        [1792891800, 2],
      ],
    },
  ),
  MY(
    'zero dates',
    [
      "set global sql_mode = ''",
      "create table t (k date primary key, n int, x datetime not null default '0000-00-00')",
      "insert into t values ('0000-00-00', 0, '0000-00-00 00:00:00'), ('2026-00-00', 0, '0000-00-00 00:00:00')",
    ],
    {
      model: { ...K, extra: ['x'] },
      steps: [
        [one('0000-00-00'), one('2026-01-01'), [{ n: 1 }, { k: '2026-00-00' }, { x: max(on('2026-01-01')) }]],
      ],
      query: 'select concat(k), n, concat(x) from t order by k',
      right: [
        ['0000-00-00', 1, '0000-00-00 00:00:00'],
        ['2026-00-00', 1, '2026-01-01 00:00:00'],
        ['2026-01-01', 1, '0000-00-00 00:00:00'],
      ],
    },
  ),
  MY(
    'on update current_timestamp',
    [
      "create table t (k int primary key, n int, at timestamp not null default '2001-01-01' on update current_timestamp)",
      "insert into t values (1, 0, '2001-01-01'), (2, 0, '2001-01-01')",
    ],
    {
      steps: [[one(1)]],
      query: "select k, at > '2020-01-01' from t order by k",
      right: [
        [1, 1],
        [2, 0],
      ],
    },
  ),
  MY(
    'columns that are computed or not shown',
    [
      'create table t (k int primary key, n int, a int as (n + 1) virtual, b int as (n + 2) persistent, c int invisible default 7, d int invisible)',
    ],
    {
      model: { ...K, extra: ['d'] },
      steps: [[[{ n: 1 }, { k: 1 }, { d: 4 }]], [[{ n: 1 }, { k: 1 }, { d: 5 }]]],
      query: 'select n, a, b, c, d from t',
      right: [[2, 3, 4, 7, 5]],
    },
  ),
  MY(
    'a trigger of inserts',
    [
      'create table t (k int primary key, n int)',
      'drop table if exists log',
      'create table log (k int)',
      'insert into t values (1, 1)',
      'create trigger log before insert on t for each row insert into log values (new.k)',
    ],
    {
      steps: [[one(1), one(2)]],
      query: 'select k from log',
      right: [[2]],
    },
  ),
  MY(
    'a number drawn',
    [
      'create table t (id int auto_increment, k int primary key, n int, key (id))',
      'insert into t (k, n) values (1, 1)',
    ],
    {
      steps: [[one(1)], [one(1)], [one(2)]],
      query: 'select id, k, n from t order by k',
      right: [
        [1, 1, 3],
        [2, 2, 1],
      ],
    },
  ),
  MY(
    'tables whose names differ in case',
    [
      'drop table if exists T',
      'create table t (k int primary key, n int)',
      'create table T (j varchar(9) primary key, m varchar(9))',
    ],
    {
      steps: [[one(1)], [one(1)]],
      query: SELECT,
      right: [[1, 2]],
    },
  ),
  MY(
    'partitions',
    ['create table t (k int primary key, n int) partition by range (k) (partition a values less than (10))'],
    {
      steps: [[one(1), one(11)], [one(1)]],
      right: [[1, 2]],
      dead: 1,
    },
  ),
  MY('system versioned', ['create table t (k int primary key, n int) with system versioning'], {
    steps: [[one(1)], [one(1)]],
    right: [[1, 2]],
  }),
];

const SQ = (name: string, ddl: string[], rest: Partial<Shape>): Shape => ({
  ...MY(name, ddl, rest),
  on: SQLITE,
});

const SQLITE_ODD: readonly Shape[] = [
  SQ('without rowid', ['create table t (k text, j int, n int, primary key (k, j)) without rowid'], {
    model: { ...K, keys: ['k', 'j'] },
    steps: [0, 1].map(
      () =>
        [
          [{ n: 1 }, { k: 'a', j: 1 }],
          [{ n: 1 }, { k: 'a', j: '1' }],
          [{ n: 1 }, { k: 'a', j: 2 }],
        ] as Counts[],
    ),
    query: 'select j, n from t order by j',
    right: [
      [1, 4],
      [2, 2],
    ],
  }),
  SQ(
    'strict',
    [
      'create table t (k text primary key, n integer, r real, x any, at integer) strict',
      "insert into t values ('1', 0, 0.5, null, null)",
    ],
    {
      model: { ...K, columns: ['n', 'r'], extra: ['x', 'at'] },
      steps: [
        [
          [{ n: 1, r: 1 }, { k: 1 }, { x: 'a' }],
          [{ n: 1 }, { k: '2' }, { x: 5 }],
          [{ n: 1 }, { k: '3' }, { at: on('2026-01-01') }],
        ],
      ],
      query: 'select k, n, r, x from t order by k',
      right: [
        [1, 1, 1.5, 'a'],
        [2, 1, null, 5],
      ],
      dead: 1,
    },
  ),
  ...['replace', 'ignore', 'rollback', 'fail', 'abort'].map((how) =>
    SQ(
      `on conflict ${how}, everywhere`,
      [
        `create table t (k text primary key on conflict ${how}, n int not null on conflict ${how} default 3 check (n < 10) , code int unique on conflict ${how})`,
        "insert into t values ('a', 1, 5)",
      ],
      {
        model: { ...K, extra: ['code'] },
        steps: [
          [
            [{ n: 1 }, { k: 'a' }, { code: 5 }],
            [{ n: 1 }, { k: 'b' }, { code: 5 }],
            [{ n: 10 }, { k: 'c' }, { code: 6 }],
            [{ n: 1 }, { k: 'd' }, { code: 7 }],
          ],
        ],
        query: 'select k, n, code from t order by k',
        right: [
          ['a', 2, 5],
          ['d', 1, 7],
        ],
        dead: 2,
      },
    ),
  ),
  ...(
    [
      [
        'abort',
        [
          ['a', 1],
          ['c', 1],
        ],
        1,
      ],
      [
        'fail',
        [
          ['a', 1],
          ['c', 1],
        ],
        1,
      ],
      [
        'rollback',
        [
          ['a', 1],
          ['c', 1],
        ],
        1,
      ],
    ] as const
  ).map(([how, right, dead]) =>
    SQ(
      `raise(${how})`,
      [
        'create table t (k text primary key, n int)',
        `create trigger r before insert on t when new.k = 'b' begin select raise(${how}, 'no'); end`,
      ],
      {
        steps: [[one('a'), one('b'), one('c')]],
        query: 'select k, n from t order by k',
        right,
        dead,
      },
    ),
  ),
  SQ(
    'raise(ignore)',
    [
      'create table t (k text primary key, n int)',
      "create trigger r before insert on t when new.k = 'b' begin select raise(ignore); end",
    ],
    {
      steps: [[one('a'), one('b'), one('c')]],
      query: 'select k, n from t order by k',
      right: [
        ['a', 1],
        ['c', 1],
      ],
    },
  ),
  SQ(
    'foreign keys',
    [
      'pragma foreign_keys = on',
      'create table p (id int primary key)',
      'insert into p values (1)',
      'create table t (k int primary key references p (id), n int)',
    ],
    {
      steps: [[one(1), one(2)]],
      right: [[1, 1]],
      dead: 1,
    },
  ),
  SQ(
    'integers as text',
    ['create table t (k text primary key, n text)', "insert into t values ('1', '5'), ('01', '7')"],
    {
      steps: [[one(1), one('1'), one('01')]],
      query: 'select k, typeof(n), n from t order by k',
      right: [
        ['01', 'text', 8],
        [1, 'text', 7],
      ].map(([k, a, n]) => [k === '01' ? 1 : k, a, n]),
    },
  ),
  SQ(
    'a julian day',
    [
      'create table t (k int primary key, n int, at real, x real)',
      'insert into t values (1, 0, 2461042.5, 2461042.5), (2, 0, 2461042.5, 2461042.5)',
    ],
    {
      model: { ...K, extra: ['at', 'x'] },
      steps: [
        [
          [{ n: 1 }, { k: 1 }, { at: max(on('2025-01-01')), x: on('2026-01-01T12:00:00Z') }],
          [{ n: 1 }, { k: 2 }, { at: max(on('2026-01-02T12:00:00Z')), x: on('2026-01-01T12:00:00Z') }],
        ],
      ],
      query: 'select at, x from t order by k',
      right: [
        [2461042.5, 2461042],
        [2461043, 2461042],
      ],
    },
  ),
  ...(
    [
      ['text', "'2026-01-15 08:00:00'"],
      ['text', "'2026-01-15T08:00:00Z'"],
      ['text', "'2026-01-15T08:00:00.000Z'"],
      ['datetime', "'2026-01-15 08:00:00'"],
      ['integer', '1768464000'],
      ['integer', '1768464000000'],
      ['real', "julianday('2026-01-15 08:00')"],
    ] as const
  ).map(([type, stored]) =>
    SQ(
      `a Date as a key, beside ${stored}`,
      [`create table t (k ${type} unique, n int)`, `insert into t values (${stored}, 5)`],
      {
        steps: [[one(on('2026-01-15T08:00:00Z'))], [one(on('2026-01-15T08:00:00Z'))]],
        query: 'select n from t',
        right: [[7]],
      },
    ),
  ),
  SQ(
    'a Date of new rows beside epochs',
    [
      'create table t (k int primary key, n int, s integer, ms integer, j real, x text)',
      "insert into t values (1, 0, 1768464000, 1768464000000, 2461055.5, '2026-01-15 08:00:00')",
    ],
    {
      model: { ...K, extra: ['s', 'ms', 'j', 'x'] },
      steps: [
        [
          [
            { n: 1 },
            { k: 2 },
            {
              s: on('2026-01-15T12:00:00Z'),
              ms: max(on('2026-01-15T12:00:00Z')),
              j: on('2026-01-15T12:00:00Z'),
              x: on('2026-01-15T12:00:00Z'),
            },
          ],
        ],
      ],
      query: 'select s, ms, j from t where k = 2',
      right: [[1768478400, 1768478400000, 2461056]],
    },
  ),
  SQ(
    'a blob as a key',
    ['create table t (k blob primary key, n int)', "insert into t values ('a', 1), (x'61', 2)"],
    {
      steps: [[one('a')]],
      query: 'select typeof(k), n from t order by n',
      right: [
        ['text', 2],
        ['blob', 2],
      ],
    },
  ),
  SQ('rtrim', ['create table t (k text collate rtrim primary key, n int)'], {
    steps: [[one('a '), one('a')], [one('a  ')]],
    query: 'select n from t',
    right: [[3]],
  }),
  SQ('a key of real', ['create table t (k real primary key, n int)'], {
    steps: [[one(0.1 as never), one(1), one('1.0'), one('0.1')]],
    query: SELECT,
    right: [
      [0.1, 2],
      [1, 2],
    ],
  }),
  SQ('a key of truth', ['create table t (k boolean primary key, n int)'], {
    steps: [[one(true as never), one(1)], [one(false as never)]],
    query: SELECT,
    right: [
      [0, 1],
      [1, 2],
    ],
  }),
];

export const ODD_SHAPES: readonly Shape[] = [...PG_TYPES, ...MYSQL_TYPES, ...SQLITE_ODD];
