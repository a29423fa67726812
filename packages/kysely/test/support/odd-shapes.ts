import { max } from '@sluice/core';
import { ALL, type Counts, K, MARIADB, one, POSTGRES, SELECT, type Shape, SQLITE } from './shapes.js';

// What PostgreSQL does with a row besides keeping it.
const ON_POSTGRES: readonly Shape[] = [
  {
    subject: 'domains of domains that take no NULL',
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
    subject: 'ranges that may not overlap',
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
    subject: 'rows refused by a trigger, in states of its choice',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer not null)',
      "create function no() returns trigger language plpgsql as $$ begin if new.k < 3 then raise 'no' using errcode = (array['42501', 'U0001'])[new.k]; end if; return new; end $$",
      'create trigger no before insert on t for each row execute function no()',
    ],
    model: K,
    steps: [[one(1), one(2), one(3)]],
    query: SELECT,
    right: [[3, 1]],
    dead: 2,
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
    // Where equality is not found, text is compared in its place.
    subject: 'keys that ignore case, whose type is outside the search path',
    on: ['postgres'],
    ddl: [
      'drop schema if exists "Odd.Schema" cascade',
      'create schema "Odd.Schema"',
      'create extension citext schema "Odd.Schema"',
      'create domain folded as "Odd.Schema".citext',
      'create table t (k "Odd.Schema".citext, name folded, n integer, primary key (k, name))',
      `insert into t values ('A', 'X', 1)`,
    ],
    model: { ...K, keys: ['k', 'name'] },
    steps: [
      [[{ n: 10 }, { k: 'a', name: 'x' }]],
      [[{ n: 100 }, { k: 'b', name: 'x' }]],
      [[{ n: 100 }, { k: 'B', name: 'X' }]],
    ],
    query: 'select k, n from t order by n',
    right: [
      ['A', 11],
      ['b', 200],
    ],
  },
  {
    subject: 'a key and a greatest value of a type that is outside the search path',
    on: ['postgres'],
    ddl: [
      'drop schema if exists "Odd.Schema" cascade',
      'create schema "Odd.Schema"',
      'create extension ltree schema "Odd.Schema"',
      'create table t (k "Odd.Schema".ltree primary key, n integer, deepest "Odd.Schema".ltree)',
      `insert into t values ('a.b', 1, 'a')`,
    ],
    model: { ...K, extra: ['deepest'] },
    steps: [
      [[{ n: 10 }, { k: 'a.b' }, { deepest: max('a.b.c') }]],
      [[{ n: 10 }, { k: 'a.b' }, { deepest: max('a.b') }]],
    ],
    query: 'select k, n, deepest from t',
    right: [['a.b', 21, 'a.b.c']],
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
    subject: 'a trigger that changes the key',
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
    subject: 'rows of heirs, one of which is there twice',
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
    subject: 'keys of which a part is NULL, of an index that takes NULLs for the same',
    on: POSTGRES,
    ddl: ['create table t (k integer, j text, n integer, unique nulls not distinct (k, j))'],
    model: { ...K, keys: ['k', 'j'] },
    steps: [0, 1].map((): readonly Counts[] => [
      [{ n: 1 }, { k: 1, j: null }],
      [{ n: 1 }, { k: null, j: 'a' }],
      [{ n: 1 }, { k: null, j: null }],
      [{ n: 1 }, { k: 1, j: '' }],
    ]),
    query: 'select count(*), min(n), max(n) from t',
    right: [[4, 2, 2]],
  },
];

// Names that come from outside: one that no column can take is no reason for others to wait.
const FROM_OUTSIDE: readonly Shape[] = [
  {
    subject: 'a sum for a date, by a name that nobody listed',
    on: [...POSTGRES, ...MARIADB],
    ddl: [
      'create table t (k integer primary key, n integer, day date)',
      "insert into t values (1, 0, '2026-01-01')",
    ],
    model: { table: 't' },
    steps: [[[{ day: 1 }, { k: 1 }], one(2), [{ day: 1 }, { k: 3 }]], [[{ n: 1 }, { k: 1 }]]],
    query: 'select k, n from t order by k',
    right: [
      [1, 1],
      [2, 1],
    ],
    dead: 2,
  },
  {
    subject: 'a value and a sum for a column that is computed, by a name that nobody listed',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer, twice integer generated always as (n * 2) stored)',
    ],
    model: { table: 't' },
    steps: [[one(1), [{ n: 1 }, { k: 2 }, { twice: 5 }], [{ twice: 1 }, { k: 3 }]], [one(1)]],
    query: 'select k, n, twice from t order by k',
    right: [[1, 2, 4]],
    dead: 2,
  },
];

// Servers of others, and what they are set to.
const ON_MARIADB: readonly Shape[] = [
  onMariadb(
    'a table that keeps its versions, with columns for their times',
    [
      `create table t (
        k int primary key,
        n int,
        since timestamp(6) generated always as row start,
        until timestamp(6) generated always as row end,
        period for system_time (since, until)
      ) with system versioning`,
      'insert into t (k, n) values (1, 1), (3, 1)',
      'delete from t where k = 3',
    ],
    {
      steps: [[one(1), one(2), one(3)], [one(1)]],
      query:
        'select k, n, (select count(*) from t for system_time all as v where v.k = t.k) from t order by k',
      right: [
        [1, 3, 3],
        [2, 1, 1],
        [3, 1, 2],
      ],
    },
  ),
  onMariadb(
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
  onMariadb(
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
    onMariadb(
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
    onMariadb(
      `${name} = ${value}`,
      [`set global ${name} = ${value}`, 'create table t (k varchar(20) primary key, n int)'],
      {
        steps: [[one('aaaaaaaaaaaaaaaaa1'), one('aaaaaaaaaaaaaaaaa2')], [one('aaaaaaaaaaaaaaaaa1')]],
        query: 'select n from t order by k',
        right: [[2], [1]],
      },
    ),
  ),
  onMariadb(
    'zero dates',
    [
      "set global sql_mode = ''",
      "create table t (k date primary key, n int, x datetime not null default '0000-00-00')",
      "insert into t values ('0000-00-00', 0, '0000-00-00 00:00:00'), ('2026-00-00', 0, '0000-00-00 00:00:00')",
    ],
    {
      model: { ...K, extra: ['x'] },
      steps: [
        [
          one('0000-00-00'),
          one('2026-01-01'),
          [{ n: 1 }, { k: '2026-00-00' }, { x: max(new Date('2026-01-01')) }],
        ],
      ],
      query: 'select concat(k), n, concat(x) from t order by k',
      right: [
        ['0000-00-00', 1, '0000-00-00 00:00:00'],
        ['2026-00-00', 1, '2026-01-01 00:00:00'],
        ['2026-01-01', 1, '0000-00-00 00:00:00'],
      ],
    },
  ),
  onMariadb(
    'a time that the server sets with each update',
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
  onMariadb(
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
  onMariadb(
    'a trigger of inserts does not fire for a row that exists, in MariaDB',
    [
      'create table t (k int primary key, n int)',
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
  onMariadb(
    'a number that is drawn for a new row is not drawn for others, in MariaDB',
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
  onMariadb(
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
  onMariadb(
    'no partition for the row, in MariaDB',
    ['create table t (k int primary key, n int) partition by range (k) (partition a values less than (10))'],
    {
      steps: [[one(1), one(11)], [one(1)]],
      right: [[1, 2]],
      dead: 1,
    },
  ),
  onMariadb(
    'a table that keeps its history',
    ['create table t (k int primary key, n int) with system versioning'],
    {
      steps: [[one(1)], [one(1)]],
      right: [[1, 2]],
    },
  ),
];

// What a table of SQLite says of its own rows.
const ON_SQLITE: readonly Shape[] = [
  onSqlite(
    'a table without row numbers',
    ['create table t (k text, j int, n int, primary key (k, j)) without rowid'],
    {
      model: { ...K, keys: ['k', 'j'] },
      steps: [0, 1].map((): readonly Counts[] => [
        [{ n: 1 }, { k: 'a', j: 1 }],
        [{ n: 1 }, { k: 'a', j: '1' }],
        [{ n: 1 }, { k: 'a', j: 2 }],
      ]),
      query: 'select j, n from t order by j',
      right: [
        [1, 4],
        [2, 2],
      ],
    },
  ),
  onSqlite(
    'a table that is strict about types',
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
          [{ n: 1 }, { k: '3' }, { at: new Date('2026-01-01') }],
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
    onSqlite(
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
  ...['abort', 'fail', 'rollback'].map((how) =>
    onSqlite(
      `raise(${how})`,
      [
        'create table t (k text primary key, n int)',
        `create trigger r before insert on t when new.k = 'b' begin select raise(${how}, 'no'); end`,
      ],
      {
        steps: [[one('a'), one('b'), one('c')]],
        query: 'select k, n from t order by k',
        right: [
          ['a', 1],
          ['c', 1],
        ],
        dead: 1,
      },
    ),
  ),
  onSqlite(
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
  onSqlite(
    'a parent row that is missing',
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
  onSqlite(
    'bytes beside the same text',
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
];

function onMariadb(subject: string, ddl: readonly string[], rest: Expected): Shape {
  return { subject, on: MARIADB, ddl, model: K, query: SELECT, ...rest };
}

function onSqlite(subject: string, ddl: readonly string[], rest: Expected): Shape {
  return { subject, on: SQLITE, ddl, model: K, query: SELECT, ...rest };
}

type Expected = Pick<Shape, 'steps' | 'right'> & Partial<Shape>;

/** Tables and settings that are rare, and that somebody has. */
export const ODD_SHAPES: readonly Shape[] = [...FROM_OUTSIDE, ...ON_POSTGRES, ...ON_MARIADB, ...ON_SQLITE];
