import { type Extra, max, min } from '@sluice/core';
import type { KyselySinkOptions } from '../../src/index.js';

export type Key = string | number | bigint | boolean | Date | null;

/** What `incr` takes after the model. */
export type Counts = readonly [
  columns: Readonly<Record<string, number>>,
  filters: Readonly<Record<string, Key>>,
  extra?: Extra,
];

export type Database = 'postgres' | 'pglite' | 'mariadb' | 'sqlite';

/** A table, what is counted in it, and the rows that are right. */
export interface Shape {
  readonly subject: string;
  readonly on: readonly Database[];
  readonly ddl: readonly string[];
  readonly model: KyselySinkOptions['models'][string];
  /** Batches, and statements of somebody else in between. */
  readonly steps: readonly (string | readonly Counts[])[];
  readonly query: string;
  readonly right: readonly (readonly unknown[])[];
  /** How many entries become dead letters. */
  readonly dead?: number;
  /** What is said of a table that the sink cannot write, so that its batches wait. */
  readonly unfit?: RegExp;
}

export const POSTGRES: readonly Database[] = ['postgres', 'pglite'];
export const MARIADB: readonly Database[] = ['mariadb'];
export const SQLITE: readonly Database[] = ['sqlite'];
export const ALL: readonly Database[] = [...POSTGRES, ...MARIADB, ...SQLITE];
const NOT_MARIADB: readonly Database[] = [...POSTGRES, ...SQLITE];

export const K = { table: 't', keys: ['k'], columns: ['n'] } as const;
const AT = { ...K, extra: ['at'] } as const;
export const one = (k: Key, n = 1): Counts => [{ n }, { k }];
export const SELECT = 'select k, n from t order by n';

/** Times of a column of SQLite, before and after a Date. */
const seen = (at: string): Counts => [{ n: 1 }, { k: 1 }, { at: max(new Date(at)) }];

// What is only proposed has no effects: whatever a database does for a row that is inserted does not happen to one that
// exists.
const PROPOSED: readonly Shape[] = [
  {
    subject: 'stock that may not fall below zero is taken from',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer not null check (n >= 0))',
      'insert into t values (1, 10)',
    ],
    model: K,
    steps: [[one(1, -4)]],
    query: SELECT,
    right: [[1, 6]],
  },
  {
    subject: 'an unsigned column goes down',
    on: MARIADB,
    ddl: ['create table t (k integer primary key, n int unsigned not null)', 'insert into t values (1, 10)'],
    model: K,
    steps: [[one(1, -3), one(2, 2)], [one(2, -3)]],
    query: SELECT,
    right: [
      [2, 2],
      [1, 7],
    ],
    dead: 1,
  },
  {
    subject: 'a domain judges the sum, not what is added',
    on: POSTGRES,
    ddl: [
      'create domain positive as integer check (value > 0)',
      'create domain whole as positive',
      'create table t (k integer primary key, n whole not null)',
      'insert into t values (1, 10)',
    ],
    model: { ...K, mode: 'update' },
    steps: [[one(1, -9)], [one(1, -1)]],
    query: SELECT,
    right: [[1, 1]],
    dead: 1,
  },
  {
    subject: 'what a row must have is not asked of one that has it',
    on: NOT_MARIADB,
    ddl: [
      'create table t (k integer primary key, name text not null, n integer not null)',
      "insert into t values (1, 'one', 10)",
    ],
    model: K,
    steps: [[one(1)]],
    query: 'select n, name from t',
    right: [[11, 'one']],
  },
  {
    subject: 'what a row must have is not asked of one that has it, of the server of strict modes',
    on: MARIADB,
    ddl: [
      'create table t (k integer primary key, name varchar(9) not null, n integer not null)',
      "insert into t values (1, 'one', 10)",
    ],
    model: K,
    steps: [[one(1), one(2)]],
    query: 'select n, name from t',
    right: [[11, 'one']],
    dead: 1,
  },
  {
    subject: 'columns that nobody counts keep NULL, and get their defaults in a new row',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer default 0, likes integer, credits integer default 100)',
      'insert into t values (1, 1, null, 7)',
    ],
    model: { ...K, columns: ['n', 'likes', 'credits'] },
    steps: [[one(1), one(2)]],
    query: 'select k, n, likes, credits from t order by k',
    right: [
      [1, 2, null, 7],
      [2, 1, null, 100],
    ],
  },
  {
    subject: 'a trigger of inserts does not fire for a row that exists',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer not null)',
      'insert into t values (1, 1)',
      'create table log (k integer)',
      'create function log() returns trigger language plpgsql as $$ begin insert into log values (new.k); return new; end $$',
      'create trigger log before insert on t for each row execute function log()',
    ],
    model: K,
    steps: [[one(1), one(2)]],
    query: 'select k from log',
    right: [[2]],
  },
  {
    subject: 'a trigger of inserts does not fire for a row that exists, in SQLite',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n integer not null)',
      'insert into t values (1, 1)',
      'create table log (k integer)',
      'create trigger log before insert on t begin insert into log values (new.k); end',
    ],
    model: K,
    steps: [[one(1), one(2)]],
    query: 'select k from log',
    right: [[2]],
  },
  {
    subject: 'a number that is drawn for a new row is not drawn for others',
    on: POSTGRES,
    ddl: [
      'create table t (id serial, k integer primary key, n integer not null)',
      'insert into t (k, n) values (1, 1)',
    ],
    model: K,
    steps: [[one(1)], [one(1)], [one(2)]],
    query: 'select id, k, n from t order by k',
    right: [
      [1, 1, 3],
      [2, 2, 1],
    ],
  },
  {
    subject: 'a policy of new rows is not asked about others',
    on: ['postgres'],
    ddl: [
      'create table t (k integer primary key, n integer not null)',
      'insert into t values (1, 1)',
      'alter table t enable row level security',
      'alter table t force row level security',
      'create policy reads on t for select using (true)',
      'create policy writes on t for update using (true)',
    ],
    model: K,
    steps: [[one(1)]],
    query: SELECT,
    right: [[1, 2]],
  },
  {
    subject: 'a trigger of one column does not fire for another',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer not null, likes integer not null, liked integer default 0)',
      'insert into t values (1, 1, 1), (2, 1, 1)',
      'create function liked() returns trigger language plpgsql as $$ begin new.liked = new.liked + 1; return new; end $$',
      'create trigger liked before update of likes on t for each row execute function liked()',
    ],
    model: { ...K, columns: ['n', 'likes'] },
    steps: [[one(1), [{ likes: 1 }, { k: 2 }]]],
    query: 'select k, n, likes, liked from t order by k',
    right: [
      [1, 2, 1, 0],
      [2, 1, 2, 1],
    ],
  },
];

// One row is one row.
const ONE_ROW: readonly Shape[] = [
  {
    subject: 'keys that are NULL, of an index that takes them for different ones',
    on: ALL,
    ddl: ['create table t (k integer, n integer, unique (k))'],
    model: K,
    steps: [[one(null), one(1)], [one(null)], [one(null), one(2)]],
    query: SELECT,
    right: [
      [1, 1],
      [2, 1],
      [null, 3],
    ],
  },
  {
    subject: 'keys that are NULL, of an index that takes them for the same',
    on: POSTGRES,
    ddl: ['create table t (k integer, n integer, unique nulls not distinct (k))'],
    model: K,
    steps: [[one(null)], [one(null)]],
    query: SELECT,
    right: [[null, 2]],
  },
  {
    subject: 'keys that a collation takes for the same, one of them below zero',
    on: MARIADB,
    ddl: [
      'create table t (k varchar(20) collate utf8mb4_general_ci primary key, n int check (n >= 0))',
      "insert into t values ('a', 10)",
    ],
    model: K,
    steps: [[one('A', -1), one('á', -2), one('a ', 5), one('b'), one('B')]],
    query: SELECT,
    right: [
      ['B', 2],
      ['a', 12],
    ],
  },
  {
    subject: 'keys that a collation takes for the same, in SQLite',
    on: SQLITE,
    ddl: [
      'create table t (k text collate nocase primary key, n int check (n >= 0))',
      "insert into t values ('a', 10)",
    ],
    model: K,
    steps: [[one('A', -1), one('b'), one('B')]],
    query: SELECT,
    right: [
      ['B', 2],
      ['a', 9],
    ],
  },
  {
    subject: 'keys that a collation takes for the same, in PostgreSQL',
    on: ['postgres'],
    ddl: [
      "create collation if not exists nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
      'create table t (k text collate nocase primary key, n int check (n >= 0))',
      "insert into t values ('a', 10)",
    ],
    model: K,
    steps: [[one('A', -1), one('b'), one('B')]],
    query: SELECT,
    right: [
      ['B', 2],
      ['a', 9],
    ],
  },
  ...(
    [
      [
        'of rows that are there',
        [
          ['a', 0],
          ['A', 0],
        ],
        0,
        1,
      ],
      ['of new rows', [], 3, 0],
    ] as const
  ).map(
    ([which, there, sum, dead]): Shape => ({
      subject: `keys that the index tells apart and the column does not, ${which}`,
      on: ['postgres'],
      ddl: [
        "create collation if not exists nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        'create table t (k text collate nocase, n int)',
        'create unique index one on t (k collate "C")',
        ...there.map(([k, n]) => `insert into t values ('${k}', ${n})`),
      ],
      model: K,
      steps: dead === 1 ? [[one('a')]] : [[one('a'), one('A')], [one('A')]],
      query: 'select count(*), sum(n) from t',
      right: [[Math.max(1, there.length), sum]],
      dead,
    }),
  ),
  {
    subject: 'keys that are padded with spaces',
    on: POSTGRES,
    ddl: ['create table t (k char(5) primary key, n int)'],
    model: K,
    steps: [[one('a'), one('a  ')], [one('a')]],
    query: 'select rtrim(k), n from t',
    right: [['a', 3]],
  },
  ...(
    [
      ['postgres', 'text collate nocase'],
      ['sqlite', 'text collate nocase'],
      ['mariadb', 'varchar(9) collate utf8mb4_general_ci'],
    ] as const
  ).map(
    ([on, type]): Shape => ({
      subject: 'keys of which a part is NULL and another is the same by its collation',
      on: [on],
      ddl: [
        ...(on === 'postgres'
          ? [
              "create collation if not exists nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            ]
          : []),
        `create table t (k int, j ${type}, n int, unique (k, j))`,
      ],
      model: { ...K, keys: ['k', 'j'] },
      steps: [
        ['a', 'b', 'A', 'c', 'B'].map((j): Counts => [{ n: 1 }, { k: null, j }]),
        ['d', 'C', 'D'].map((j): Counts => [{ n: 1 }, { k: null, j }]),
      ],
      query: 'select lower(j), n from t order by j',
      right: [
        ['a', 2],
        ['b', 2],
        ['c', 2],
        ['d', 2],
      ],
    }),
  ),
  ...['char(3)', 'varchar(3)'].map(
    (type): Shape => ({
      subject: `keys of ${type} whose last spaces are not kept, in MariaDB`,
      on: MARIADB,
      ddl: [`create table t (k ${type} collate utf8mb4_nopad_bin primary key, n int)`],
      model: K,
      steps: [[one('abc  ')], [one('abc ')], [one('abc'), one('abcd')], [one('ab     ')]],
      query: 'select rtrim(k), n from t order by k desc',
      right: [
        ['abc', 3],
        ['ab', 1],
      ],
      dead: 1,
    }),
  ),
  ...['', 'blob', 'integer', 'any'].map(
    (type): Shape => ({
      subject: `a bigint beside integers in a column of the type "${type}"`,
      on: SQLITE,
      ddl: [
        `create table t (k ${type} primary key, n int, x ${type}) ${type === 'any' ? 'strict' : ''}`,
        'insert into t values (5, 0, 9007199254740995)',
      ],
      model: { ...K, extra: ['x'], onInsert: { x: 1n } },
      steps: [
        [[{ n: 1 }, { k: 5n }, { x: max(9007199254740993n) }], one(6n)],
        [one(6), one(9223372036854775807n)],
      ],
      query: 'select typeof(k), n, typeof(x), x in (9007199254740995, 1) from t order by k',
      right: [
        ['integer', 1, 'integer', 1],
        ['integer', 2, 'integer', 1],
        ['integer', 1, 'integer', 1],
      ],
    }),
  ),
  {
    subject: 'keys that are one number as numbers and as text',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer)'],
    model: K,
    steps: [[one(1), one('1'), one('01'), one(1n)]],
    query: SELECT,
    right: [[1, 4]],
  },
  {
    subject: 'keys that the column rounds',
    on: [...POSTGRES, ...MARIADB],
    ddl: ['create table t (k decimal(6, 2) primary key, n integer)'],
    model: K,
    steps: [[one('1.004'), one('1.00'), one('1')], [one('1.001')]],
    query: 'select cast(k as char(4)), n from t',
    right: [['1.00', 4]],
  },
  {
    subject: 'times of which the column keeps the seconds',
    on: POSTGRES,
    ddl: ['create table t (k timestamptz(0) primary key, n integer)'],
    model: K,
    steps: [[one(new Date(1e12 + 1)), one(new Date(1e12))], [one(new Date(1e12 + 2))]],
    query: 'select extract(epoch from k)::int, n from t',
    right: [[1_000_000_000, 3]],
  },
  {
    subject: 'times of which the column keeps the seconds, in MariaDB',
    on: MARIADB,
    ddl: ['create table t (k datetime primary key, n integer)'],
    model: K,
    steps: [[one(new Date(1e12 + 1)), one(new Date(1e12))], [one(new Date(1e12 + 2))]],
    query: 'select cast(k as char(30)), n from t',
    right: [['2001-09-09 01:46:40', 3]],
  },
  {
    subject: 'a text that is a number to other columns',
    on: MARIADB,
    ddl: [
      'create table t (k varchar(9) primary key, n integer)',
      "insert into t values ('5x', 0), ('05', 0)",
    ],
    model: K,
    steps: [[one(5)], [one(5)]],
    query: "select concat('k', k), n from t order by k",
    right: [
      ['k05', 0],
      ['k5', 2],
      ['k5x', 0],
    ],
  },
  {
    subject: 'a text that is no number is not the row 0',
    on: MARIADB,
    ddl: ['create table t (k integer primary key, n integer)', 'insert into t values (0, 0), (1, 0)'],
    model: K,
    steps: [[one('abc'), one('1x'), one(0)]],
    query: 'select k, n from t order by k',
    right: [
      [0, 1],
      [1, 0],
    ],
    dead: 2,
  },
  {
    subject: 'bytes that the column fills up with zeros',
    on: MARIADB,
    ddl: ['create table t (k binary(4) primary key, n integer)'],
    model: K,
    steps: [
      [one('é'), one('é\0'), one('abcd', 9)],
      [one('é'), one('abcde')],
    ],
    query: 'select hex(k), n from t order by n',
    right: [
      ['C3A90000', 3],
      [61626364, 9],
    ],
    dead: 1,
  },
  {
    subject: 'fractions that a column of whole numbers rounds',
    on: MARIADB,
    ddl: ['create table t (k integer primary key, n integer)'],
    model: K,
    steps: [
      [one(-1.5), one(-2), one('.5', 10), one('1.4', 100)],
      [one(-1.5), one('.5'), one('1.4')],
    ],
    query: SELECT,
    right: [
      [-2, 3],
      [1, 112],
    ],
  },
  ...[
    ['a case that a trigger does not know', 'case new.k when 1 then set new.n = 5; end case'],
    [
      'a row that a trigger does not find',
      'begin declare v int; declare c cursor for select 1 from dual where new.k = 1; open c; fetch c into v; end',
    ],
    ['a state of "not found" that a trigger gives', "if new.k > 1 then signal sqlstate '02000'; end if"],
  ].map(
    ([subject = '', body]): Shape => ({
      subject,
      on: MARIADB,
      ddl: [
        'create table t (k integer primary key, n integer)',
        `create trigger one before insert on t for each row ${body}`,
      ],
      model: K,
      steps: [[one(1, 5), one(2)]],
      query: SELECT,
      right: [[1, 5]],
      dead: 1,
    }),
  ),
  {
    subject: 'keys that are the same, in a server that looks for them at the commit',
    on: MARIADB,
    ddl: [
      'set global unique_checks = 0, global foreign_key_checks = 0',
      'create table t (k varchar(9) collate utf8mb4_general_ci, n integer, unique (k))',
    ],
    model: K,
    steps: [[one('a'), one('A'), one('b', 9)], [one('á')]],
    query: SELECT,
    right: [
      ['A', 3],
      ['b', 9],
    ],
  },
  {
    subject: 'a zero where the server would draw a number',
    on: MARIADB,
    ddl: ['create table t (k integer auto_increment primary key, n integer)'],
    model: K,
    steps: [[one(0)], [one(0)]],
    query: SELECT,
    right: [[0, 2]],
  },
  {
    subject: 'another index in the way is a dead letter, and nothing else',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer, code integer unique)',
      'insert into t values (1, 1, 5)',
    ],
    model: { ...K, extra: ['code'] },
    steps: [
      [
        [{ n: 1 }, { k: 2 }, { code: 5 }],
        [{ n: 1 }, { k: 3 }, { code: 6 }],
      ],
    ],
    query: 'select k, n, code from t order by k',
    right: [
      [1, 1, 5],
      [3, 1, 6],
    ],
    dead: 1,
  },
  {
    subject: 'a constraint that would replace the other row',
    on: SQLITE,
    ddl: ['create table t (k text primary key on conflict replace, n integer)'],
    model: K,
    steps: [[one('a')], [one('a')]],
    query: SELECT,
    right: [['a', 2]],
  },
];

// Any table works.
const ANY_TABLE: readonly Shape[] = [
  ...['path', 'point', 'date', 'user', 'order', 'numeric'].map(
    (name): Shape => ({
      subject: `a table named ${name}`,
      on: NOT_MARIADB,
      ddl: [`drop table if exists "${name}"`, `create table "${name}" (k integer primary key, n integer)`],
      model: { ...K, table: name },
      steps: [[one(1)], [one(1)]],
      query: `select n from main."${name}"`,
      right: [[2]],
    }),
  ),
  {
    subject: 'columns named like what statements name',
    on: ALL,
    ddl: ['create table t (u integer primary key, t integer, ord integer, k0 integer)'],
    model: { table: 't', keys: ['u'], columns: ['t', 'ord', 'k0'] },
    steps: [[[{ t: 1, ord: 2, k0: 3 }, { u: 1 }]], [[{ t: 1, ord: 2, k0: 3 }, { u: 1 }]]],
    query: 'select u, t, ord, k0 from t',
    right: [[1, 2, 4, 6]],
  },
  {
    subject: 'an index of the rows that are not deleted',
    on: NOT_MARIADB,
    ddl: [
      'create table t (k text not null, gone text, n integer not null)',
      'create unique index one on t (k) where gone is null',
      "insert into t values ('a', 'long ago', 5)",
    ],
    model: { ...K, keys: ['k', 'gone'] },
    steps: [[[{ n: 1 }, { k: 'a', gone: null }]], [[{ n: 1 }, { k: 'a', gone: null }]]],
    query: 'select n from t where gone is null',
    right: [[2]],
  },
  {
    subject: 'an index on a computed column',
    on: ALL,
    ddl: [
      'create table t (k varchar(9), n integer, low varchar(9) generated always as (lower(k)) stored unique)',
    ],
    model: K,
    steps: [[one('A')], [one('A'), one('B')]],
    query: SELECT,
    right: [
      ['B', 1],
      ['A', 2],
    ],
  },
  {
    subject: 'an index of the rows that are not deleted, by a computed column',
    on: MARIADB,
    ddl: [
      'create table t (k varchar(9), deleted_at datetime, n int, live varchar(9) as (if(deleted_at is null, k, null)) unique)',
      "insert into t (k, deleted_at, n) values ('a', '2020-01-01', 5)",
    ],
    model: { ...K, keys: ['k', 'deleted_at'] },
    steps: [0, 1].map(() => [[{ n: 1 }, { k: 'a', deleted_at: null }]]),
    query: 'select deleted_at is null, n from t order by n',
    right: [
      [1, 2],
      [0, 5],
    ],
  },
  {
    subject: 'several rows for one entry, which would be counted twice',
    on: SQLITE,
    ddl: [
      'create table t (k text not null, gone text, n integer not null)',
      'create unique index one on t (k) where gone is null',
      "insert into t values ('a', 'long ago', 5), ('a', null, 1), ('b', null, 1)",
    ],
    model: K,
    steps: [[one('a'), one('b'), one('c')]],
    query: SELECT,
    right: [
      ['a', 1],
      ['c', 1],
      ['b', 2],
      ['a', 5],
    ],
    dead: 1,
  },
  {
    subject: 'an index on an expression',
    on: NOT_MARIADB,
    ddl: ['create table t (k text not null, n integer not null)', 'create unique index one on t (lower(k))'],
    model: K,
    steps: [
      [one('a'), one('b')],
      [one('a'), one('A')],
    ],
    query: SELECT,
    right: [
      ['b', 1],
      ['a', 2],
    ],
    dead: 1,
  },
  {
    subject: 'a constraint that waits until the commit',
    on: POSTGRES,
    ddl: ['create table t (k integer not null, n integer, unique (k) deferrable initially deferred)'],
    model: K,
    steps: [[one(1)], [one(1), one(2)], [one(3), one('3')]],
    query: 'select k, n from t order by k',
    right: [
      [1, 2],
      [2, 1],
      [3, 2],
    ],
  },
  {
    subject: 'money',
    on: POSTGRES,
    ddl: ['create table t (k integer primary key, n money)', 'insert into t values (1, 5), (3, null)'],
    model: K,
    steps: [[one(1, 2), one(2, 3), one(3, -4)]],
    query: 'select n::numeric::int from t order by k',
    right: [[7], [3], [-4]],
  },
  {
    subject: 'a small number that is more than it holds on the way',
    on: POSTGRES,
    ddl: ['create table t (k integer primary key, n smallint)', 'insert into t values (1, 30000)'],
    model: K,
    steps: [[one(1, -60_000)], [one(1, -60_000)]],
    query: SELECT,
    right: [[1, -30_000]],
    dead: 1,
  },
  {
    subject: 'numbers of any length',
    on: POSTGRES,
    ddl: ['create table t (k integer primary key, n numeric)', 'insert into t values (1, 1e30)'],
    model: K,
    steps: [[one(1)]],
    query: 'select n::text from t',
    right: [['1000000000000000000000000000001']],
  },
  {
    subject: 'an enum, an array and JSON',
    on: POSTGRES,
    ddl: [
      "create type mood as enum ('sad', 'happy')",
      'create table t (k mood primary key, n integer, tags text[], doc jsonb, best mood)',
    ],
    model: { ...K, extra: ['tags', 'doc', 'best'] },
    steps: [
      [[{ n: 1 }, { k: 'sad' }, { tags: ['a', 'b'], doc: { x: [1] }, best: 'happy' }]],
      [[{ n: 1 }, { k: 'sad' }, { tags: ['c'], doc: { x: [2] }, best: 'sad' }]],
    ],
    query: 'select k::text, n, array_to_string(tags, $$,$$), doc::text, best::text from t',
    right: [['sad', 2, 'c', '{"x": [2]}', 'sad']],
  },
  {
    subject: 'a partitioned table',
    on: POSTGRES,
    ddl: [
      'create table t (k integer, day date, n integer, primary key (k, day)) partition by range (day)',
      "create table t_1 partition of t for values from ('2026-01-01') to ('2026-02-01')",
      'create table t_2 partition of t default',
    ],
    model: { ...K, keys: ['k', 'day'] },
    steps: [
      [
        [{ n: 1 }, { k: 1, day: '2026-01-05' }],
        [{ n: 1 }, { k: 1, day: '2027-01-05' }],
      ],
      [[{ n: 1 }, { k: 1, day: '2026-01-05' }]],
    ],
    query: 'select k, n from t order by day',
    right: [
      [1, 2],
      [1, 1],
    ],
  },
  {
    subject: 'a table that a trigger divides among its heirs',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer)',
      'create table heir (primary key (k)) inherits (t)',
      'create function pass() returns trigger language plpgsql as $$ begin insert into heir values (new.*); return null; end $$',
      'create trigger pass before insert on t for each row execute function pass()',
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
    subject: 'a trigger that lets no update pass',
    on: POSTGRES,
    ddl: [
      'create table t (k integer primary key, n integer)',
      'insert into t values (1, 1)',
      'create function stay() returns trigger language plpgsql as $$ begin return null; end $$',
      'create trigger stay before update on t for each row execute function stay()',
    ],
    model: K,
    steps: [[one(1)]],
    query: SELECT,
    right: [[1, 1]],
  },
  {
    subject: 'a view of a table',
    on: ['postgres', 'pglite', 'mariadb'],
    ddl: [
      'create table behind (k integer primary key, n integer)',
      'create view t as select k, n from behind',
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
    subject: 'a view with triggers',
    on: SQLITE,
    ddl: [
      'create table behind (k integer primary key, n integer)',
      'create view t as select k, n from behind',
      'create trigger i instead of insert on t begin insert into behind values (new.k, new.n); end',
      'create trigger u instead of update on t begin update behind set n = new.n where k = old.k; end',
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
    subject: 'a column that is computed from the sum',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer, twice integer generated always as (n * 2) stored)',
    ],
    model: K,
    steps: [[one(1)], [one(1)]],
    query: 'select n, twice from t',
    right: [[2, 4]],
  },
  {
    subject: 'keys of a domain, an identifier and a day',
    on: POSTGRES,
    ddl: [
      'create domain place as text check (value ~ $$^/$$)',
      'create table t (k place, id uuid, day date, n integer, primary key (k, id, day))',
    ],
    model: { ...K, keys: ['k', 'id', 'day'] },
    steps: [
      [
        [{ n: 1 }, { k: '/a', id: '0190f0a0-0000-7000-8000-00000000000a', day: '2026-01-01' }],
        [{ n: 1 }, { k: '/a', id: '0190F0A0-0000-7000-8000-00000000000A', day: '2026-01-01T10:00:00Z' }],
        [{ n: 1 }, { k: 'b', id: '0190f0a0-0000-7000-8000-00000000000a', day: '2026-01-01' }],
      ],
    ],
    query: 'select k::text, n from t',
    right: [['/a', 2]],
    dead: 1,
  },
  {
    subject: 'an identity that may be given',
    on: POSTGRES,
    ddl: ['create table t (k integer generated by default as identity primary key, n integer)'],
    model: K,
    steps: [[one(7)], [one(7)]],
    query: SELECT,
    right: [[7, 2]],
  },
  {
    subject: 'times of the first and of the last years',
    on: POSTGRES,
    ddl: ['create table t (k timestamptz primary key, n integer)'],
    model: K,
    steps: [
      [
        one(new Date('0000-03-01T00:00:00Z')),
        one(new Date('-000043-03-15T12:00:00Z')),
        one(new Date('+275760-09-13T00:00:00Z')),
        one(new Date('-100000-01-01T00:00:00Z')),
      ],
    ],
    query: "select to_char(k at time zone 'UTC', 'YYYY-MM-DD BC') from t order by k",
    right: [['0044-03-15 BC'], ['0001-03-01 BC'], ['275760-09-13 AD']],
    dead: 1,
  },
  {
    subject: 'times beyond four digits',
    on: [...MARIADB, ...SQLITE],
    ddl: ['create table t (k varchar(30) primary key, n integer)'],
    model: K,
    steps: [[one(new Date('+010000-01-01T00:00:00Z')), one(new Date('9999-12-31T23:59:59.999Z'))]],
    query: 'select n from t',
    right: [[1]],
    dead: 1,
  },
  ...[
    ['milliseconds', '1900000000000', 1_900_000_000_000, '2027-01-15T08:00:00Z'],
    ['milliseconds that pass', '1700000000000', 1_800_000_000_000, '2027-01-15T08:00:00Z'],
    ['seconds', '1900000000', 1_900_000_000, '2027-01-15T08:00:00Z'],
    ['seconds that pass', '1700000000', 1_800_000_000, '2027-01-15T08:00:00Z'],
    ['a text of another writer', "'2027-01-15 08:00:01'", '2027-01-15 08:00:01', '2027-01-15T08:00:00Z'],
    [
      'an older text of another writer',
      "'2027-01-15 07:59:59'",
      '2027-01-15T08:00:00.000Z',
      '2027-01-15T08:00:00Z',
    ],
    [
      'a time in another zone',
      "'2027-01-15T09:30:00+02:00'",
      '2027-01-15T08:00:00.000Z',
      '2027-01-15T08:00:00Z',
    ],
    ['its own text', "'2027-01-15T08:00:00.001Z'", '2027-01-15T08:00:00.001Z', '2027-01-15T08:00:00Z'],
    ['NULL', 'null', '2027-01-15T08:00:00.000Z', '2027-01-15T08:00:00Z'],
    ['seconds with fractions', '1700000000.5', 1_800_000_000.25, '2027-01-15T08:00:00.250Z'],
    ['milliseconds as text', "'1900000000000'", 1_900_000_000_000, '2027-01-15T08:00:00Z'],
    ['seconds as text that pass', "'1700000000'", 1_800_000_000, '2027-01-15T08:00:00Z'],
  ].map(
    ([name, stored, right, given]): Shape => ({
      subject: `a time beside ${name}`,
      on: SQLITE,
      ddl: ['create table t (k int primary key, n int, at)', `insert into t values (1, 0, ${stored})`],
      model: AT,
      steps: [[seen(String(given))]],
      query: 'select at from t',
      right: [[right]],
    }),
  ),
  {
    subject: 'the least time beside milliseconds, and the last one',
    on: SQLITE,
    ddl: [
      'create table t (k int primary key, n int, at integer, last integer)',
      'insert into t values (1, 0, 1900000000000, 1)',
    ],
    model: { ...K, extra: ['at', 'last'] },
    steps: [
      [[{ n: 1 }, { k: 1 }, { at: min(new Date(1_800_000_000_000)), last: new Date(1_800_000_000_000) }]],
    ],
    query: 'select at, last from t',
    right: [[1_800_000_000_000, 1_800_000_000]],
  },
  {
    subject: 'a sum past 64 bits',
    on: SQLITE,
    ddl: [
      'create table t (k int primary key, n integer not null)',
      'insert into t values (1, 9223372036854775800), (2, -9223372036854775800), (3, 1.5)',
    ],
    model: K,
    steps: [[one(1, 100), one(2, -100), one(3)], [one(1, 7)]],
    query: 'select typeof(n), cast(n as text) from t order by k',
    right: [
      ['integer', '9223372036854775807'],
      ['integer', '-9223372036854775800'],
      ['real', '2.5'],
    ],
    dead: 2,
  },
];

// MySQL says no, or is made to.
const MYSQL: readonly Shape[] = [
  ...['+02:00', '-11:00', '+00:00'].map(
    (zone): Shape => ({
      subject: `an instant, the server at ${zone}`,
      on: MARIADB,
      ddl: [
        `set global time_zone = '${zone}'`,
        'create table t (k int primary key, n int, at timestamp null, big timestamp(3) null)',
      ],
      model: { ...K, extra: ['at', 'big'] },
      steps: [
        [[{ n: 1 }, { k: 1 }, { at: new Date(1_782_907_200_000), big: max(new Date(1_774_749_600_500)) }]],
        [[{ n: 1 }, { k: 1 }, { big: max(new Date(1_774_749_600_499)) }]],
      ],
      query: 'select unix_timestamp(at), cast(unix_timestamp(big) * 1000 as integer) from t',
      right: [[1_782_907_200, 1_774_749_600_500]],
    }),
  ),
  {
    subject: 'a key too long for its column, in a server that cuts',
    on: MARIADB,
    ddl: ["set global sql_mode = ''", 'create table t (k varchar(5) primary key, n int not null)'],
    model: K,
    steps: [[one('longer')], [one('longest', 10)], [one('longe', 100)]],
    query: SELECT,
    right: [['longe', 100]],
    dead: 2,
  },
  {
    subject: 'a sum too large for its column, in a server that clamps',
    on: MARIADB,
    ddl: [
      "set global sql_mode = ''",
      'create table t (k int primary key, n tinyint not null)',
      'insert into t values (2, 120)',
    ],
    model: K,
    steps: [[one(1, 300)], [one(2, 8)], [one(2, 7)]],
    query: SELECT,
    right: [[2, 127]],
    dead: 2,
  },
  ...["/o'brien", "\\' or 1 = 1 -- ", '\\', "''", '"', '\n\0\x1a%_'].map(
    (text): Shape => ({
      subject: `${JSON.stringify(text)} where backslashes escape nothing`,
      on: MARIADB,
      ddl: [
        "set global sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES,ANSI_QUOTES'",
        'create table t (k varchar(200) primary key, n int not null)',
      ],
      model: K,
      steps: [[one(text)], [one(text)]],
      query: SELECT,
      right: [[text, 2]],
    }),
  ),
  {
    subject: 'fewer rows than are looked for, in a server that limits them',
    on: MARIADB,
    ddl: [
      'set global sql_select_limit = 2',
      'create table t (k int primary key, n int not null)',
      'insert into t values (1, 0), (2, 0), (3, 0), (4, 0)',
    ],
    model: { ...K, mode: 'update' },
    steps: [[1, 2, 3, 4].map((k) => one(k))],
    query: 'select sum(n) from t',
    right: [[4]],
  },
  {
    subject: 'updates without an index, in a server that takes them for mistakes',
    on: MARIADB,
    ddl: [
      'set global sql_safe_updates = 1',
      'create table t (k int, n int not null)',
      'insert into t values (1, 0)',
    ],
    model: { ...K, mode: 'update' },
    steps: [[one(1)]],
    query: SELECT,
    right: [[1, 1]],
  },
  {
    subject: 'NULL, in a server that takes it for the number drawn last',
    on: MARIADB,
    ddl: [
      'set global sql_auto_is_null = 1',
      'create table t (id int auto_increment primary key, k int, n int not null, unique (k))',
    ],
    model: K,
    steps: [[one(1), one(null)], [one(null)]],
    query: SELECT,
    right: [
      [1, 1],
      [null, 2],
    ],
  },
  {
    subject: 'more than a packet holds',
    on: MARIADB,
    ddl: [
      'set global max_allowed_packet = 1048576',
      'create table t (k varchar(20) primary key, n int not null, note text)',
    ],
    model: { ...K, extra: ['note'] },
    steps: [0, 1].map(() =>
      Array.from({ length: 400 }, (_, i): Counts => [{ n: 1 }, { k: `k${i}` }, { note: "'".repeat(4096) }]),
    ),
    query: 'select count(*), sum(n) from t',
    right: [[400, 800]],
  },
];

// What users ask for.
const NAMES: readonly Shape[] = [
  {
    subject: 'two names for one column, beyond what JavaScript counts',
    on: ALL,
    ddl: ['create table t (k integer primary key, n bigint not null)', 'insert into t values (1, 1)'],
    model: { ...K, columns: { hits: 'n', views: 'n' } },
    steps: [
      [
        [{ hits: 9007199254740991, views: 9007199254740990 }, { k: 1 }],
        [{ hits: 9007199254740991, views: 9007199254740990 }, { k: 2 }],
      ],
    ],
    query: "select concat('n', n) from t order by k",
    right: [['n18014398509481982'], ['n18014398509481981']],
  },
  {
    subject: 'values for new rows alone',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer, maker varchar(9) not null, title varchar(9))',
      "insert into t values (1, 1, 'hand', 'one')",
    ],
    model: { ...K, extra: ['title'], onInsert: { maker: 'sluice', title: 'none' } },
    steps: [
      [one(1), one(2), one('02'), [{ n: 1 }, { k: 3 }, { title: 'three' }]],
      [one(1), one(2)],
    ],
    query: 'select k, n, maker, title from t order by k',
    right: [
      [1, 3, 'hand', 'one'],
      [2, 3, 'sluice', 'none'],
      [3, 1, 'sluice', 'three'],
    ],
  },
  {
    subject: 'two names for one column',
    on: ALL,
    ddl: ['create table t (k integer primary key, n bigint not null)'],
    model: { ...K, columns: { hits: 'n', views: 'n' } },
    steps: [[[{ hits: 1 }, { k: 1 }]], [[{ views: 1 }, { k: 1 }]], [[{ hits: 1, views: 1 }, { k: 1 }]]],
    query: SELECT,
    right: [[1, 4]],
  },
];

// What new rows get, of each type.
const GIVEN = {
  word: "o'brien\\",
  flag: true,
  big: 4_611_686_018_427_387_905n,
  part: 0.1,
  at: new Date('2026-01-31T12:00:00.500Z'),
  doc: { a: [1, 'b', null], c: { d: true } },
  list: ['a', 'b'],
  none: null,
  free: undefined,
};
const MORE: readonly Shape[] = [
  ...(
    [
      [
        POSTGRES,
        'word text, flag boolean, big bigint, part double precision, at timestamptz, doc jsonb, list text[], none integer default 7, free integer default 7',
        "word, flag::int, big::text || 'n' as big, part, to_char(at at time zone 'UTC', 'HH24:MI:SS.MS'), doc->'c'->>'d' as doc, list[2], none",
        ["o'brien\\", 1, '4611686018427387905n', 0.1, '12:00:00.500', 'true', 'b', null, 7],
      ],
      [
        MARIADB,
        'word varchar(20), flag boolean, big bigint, part double, at datetime(3), doc json, list json, none integer default 7, free integer default 7',
        "word, flag, concat(big, 'n'), part, cast(cast(at as time(3)) as char(20)), json_value(doc, '$.a[1]'), json_value(list, '$[1]'), none",
        ["o'brien\\", 1, '4611686018427387905n', 0.1, '12:00:00.500', 'b', 'b', null, 7],
      ],
      [
        SQLITE,
        'word text, flag integer, big integer, part real, at text, doc text, list text, none integer default 7, free integer default 7',
        "word, flag, big || 'n', part, at, json_extract(doc, '$.a[1]'), json_extract(list, '$[1]'), none",
        ["o'brien\\", 1, '4611686018427387905n', 0.1, '2026-01-31T12:00:00.500Z', 'b', 'b', null, 7],
      ],
    ] as const
  ).map(
    ([on, columns, shown, right]): Shape => ({
      subject: 'values of each type for new rows',
      on,
      ddl: [`create table t (k integer primary key, n integer, ${columns})`],
      model: { ...K, onInsert: GIVEN },
      steps: [[one(1), one(2)]],
      query: `select ${shown}, free from t where k = 1`,
      right: [right],
    }),
  ),
  {
    subject: 'a value for new rows of a column whose name differs in case',
    on: [...SQLITE, ...MARIADB],
    ddl: ['create table t (k integer primary key, n integer, Title varchar(9))'],
    model: { ...K, extra: ['title'], onInsert: { TITLE: 'none' } },
    steps: [[one(1), [{ n: 1 }, { k: 2 }, { title: 'two' }]]],
    query: 'select k, title from t order by k',
    right: [
      [1, 'none'],
      [2, 'two'],
    ],
  },
  {
    subject: 'two names for one column of extra values',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer, at bigint, least bigint, title varchar(9))'],
    model: {
      ...K,
      extra: { seen: 'at', lastSeen: 'at', first: 'least', least: 'least', name: 'title', title: 'title' },
    },
    steps: [
      [
        [{ n: 1 }, { k: 1 }, { seen: max(9), lastSeen: max(7), first: min(3), least: min(2) }],
        [{ n: 1 }, { k: 2 }, { title: 'new', name: 'old' }],
        [{ n: 1 }, { k: 3 }, { lastSeen: max(5), least: min(5), name: 'old' }],
        [{ n: 1 }, { k: 4 }, { seen: max(5), lastSeen: 6 }],
      ],
      [[{ n: 1 }, { k: 1 }, { seen: max(8), first: min(1) }]],
    ],
    query: 'select k, n, at, least, title from t order by k',
    right: [
      [1, 2, 9, 1, null],
      [2, 1, null, null, 'new'],
      [3, 1, 5, 5, 'old'],
    ],
    dead: 1,
  },
];

const TEXT = "select concat('n', n) from t order by k";
const FLOOR = { ...K, columns: { n: { min: 0 } } };
const MICRO = { ...K, columns: { n: { scale: 6 } } };

// Likes that are taken back twice, stock that does not go below zero.
const FLOORS: readonly Shape[] = [
  {
    subject: 'a floor, for rows that are there, NULL, below it, and new',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer)',
      'insert into t values (1, 2), (2, null), (3, -10), (4, 7)',
    ],
    model: FLOOR,
    steps: [[one(1, -5), one(2, -1), one(3, 2), one(4, -3), one(5, -1), one(6, 3)], [one(1, 3)]],
    query: 'select k, n from t order by k',
    right: [
      [1, 3],
      [2, 0],
      [3, 0],
      [4, 4],
      [5, 0],
      [6, 3],
    ],
  },
  {
    subject: 'a floor, after what a batch adds up to',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer)', 'insert into t values (1, 1)'],
    model: FLOOR,
    steps: [[one(1, -5), one(1, 3)], [one(1, 4), one(1, -5)], [one(1, 1)]],
    query: SELECT,
    right: [[1, 1]],
  },
  {
    subject: 'a floor of a column that other constraints hold above it',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer check (n >= 0 and n < 100))',
      'insert into t values (1, 2)',
    ],
    model: FLOOR,
    steps: [[one(1, -5), one(2, -1), one(3, 100)]],
    query: 'select k, n from t order by k',
    right: [
      [1, 0],
      [2, 0],
    ],
    dead: 1,
  },
  {
    subject: 'a floor of an unsigned column',
    on: MARIADB,
    ddl: [
      'create table t (k integer primary key, n bigint unsigned not null)',
      'insert into t values (1, 2), (2, 18446744073709551610)',
    ],
    model: FLOOR,
    steps: [[one(1, -5), one(2, 5), one(3, -1), one(4, 2)], [one(2, 1)]],
    query: TEXT,
    right: [['n0'], ['n18446744073709551615'], ['n0'], ['n2']],
    dead: 1,
  },
  {
    subject: 'a floor of a decimal, of a double and of a real, in units of the increments',
    on: [...POSTGRES, ...MARIADB],
    ddl: [
      'create table t (k integer primary key, a decimal(20, 4), b double precision, c real)',
      'insert into t values (1, 1.0625, 2.5, 2.5), (2, -5.1, -9.5, -9.5)',
    ],
    model: {
      ...K,
      columns: { a: { min: -250, scale: 2 }, b: { min: -3n }, c: { min: 1 } },
    },
    steps: [
      [
        [{ a: -300, b: -4, c: -4 }, { k: 1 }],
        [{ a: 1, b: 1, c: 1 }, { k: 2 }],
        [{ a: -251, b: -4, c: 0 }, { k: 3 }],
      ],
    ],
    query: "select concat('a', a), b, c from t order by k",
    right: [
      ['a-1.9375', -1.5, 1],
      ['a-2.5000', -3, 1],
      ['a-2.5000', -3, 1],
    ],
  },
  {
    subject: 'floors at the ends of 64 bits',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n bigint)',
      'insert into t values (1, -9223372036854775807), (2, 9223372036854775807), (3, null)',
    ],
    model: { ...K, columns: { n: { min: -9223372036854775808n } } },
    steps: [[one(1, -2), one(2, 1), one(3, -1), one(4, -2)]],
    query: TEXT,
    right: [['n-9223372036854775808'], ['n9223372036854775807'], ['n-1'], ['n-2']],
    dead: 1,
  },
  {
    subject: 'a floor of money',
    on: POSTGRES,
    ddl: ['create table t (k integer primary key, n money)', 'insert into t values (1, 5.25)'],
    model: { ...K, columns: { n: { min: -50, scale: 2 } } },
    steps: [[one(1, -526), one(2, -51), one(3, 1)], [one(1, -99)]],
    query: 'select n::numeric::text from t order by k',
    right: [['-0.50'], ['-0.50'], ['0.01']],
  },
  {
    subject: 'a floor of a domain',
    on: POSTGRES,
    ddl: [
      'create domain stock as integer check (value between -3 and 9)',
      'create table t (k integer primary key, n stock)',
      'insert into t values (1, 2)',
    ],
    model: { ...K, columns: { n: { min: -3 } } },
    steps: [
      [one(1, -50), one(2, -50)],
      [one(1, 12), one(2, 13)],
    ],
    query: 'select k, n from t order by k',
    right: [
      [1, 9],
      [2, -3],
    ],
    dead: 1,
  },
  {
    subject: 'a floor, and a row that nobody counts',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer)', 'insert into t values (1, 3), (2, 3)'],
    model: { ...K, columns: { n: { min: 1 } } },
    steps: [[one(1, -9)]],
    query: 'select k, n from t order by k',
    right: [
      [1, 1],
      [2, 3],
    ],
  },
  {
    subject: 'two names for a column with a floor',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer)', 'insert into t values (1, 3)'],
    model: { ...K, columns: { hits: { column: 'n', min: 0 }, n: { min: 0 } } },
    steps: [[[{ hits: -9, n: 7 }, { k: 1 }]], [[{ hits: -9 }, { k: 1 }]], [[{ hits: -2, n: 9 }, { k: 2 }]]],
    query: 'select k, n from t order by k',
    right: [
      [1, 0],
      [2, 7],
    ],
  },
];

// Amounts of money, and usage that is billed by the millionth.
const DECIMALS: readonly Shape[] = [
  {
    subject: 'decimals',
    on: [...POSTGRES, ...MARIADB],
    ddl: [
      'create table t (k integer primary key, n decimal(30, 8))',
      'insert into t values (1, 0.1), (2, null), (3, 123456789012345678901.23456789)',
    ],
    model: MICRO,
    steps: [
      [one(1, 200_000), one(2, -1), one(3, 9_007_199_254_740_991), one(4, 1_000_000), one(5, -1)],
      [one(4, 1)],
    ],
    query: TEXT,
    right: [
      ['n0.30000000'],
      ['n-0.00000100'],
      ['n123456789021352878155.97555889'],
      ['n1.00000100'],
      ['n-0.00000100'],
    ],
  },
  {
    subject: 'decimals of SQLite, which are text',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n varchar(40))',
      "insert into t values (1, '0.1'), (2, null), (3, '12'), (4, '-0.000001'), (5, 12.5), (6, '-0.00'), (7, '-3.'), (8, '0')",
    ],
    model: MICRO,
    steps: [
      [1, 2, 3, 4, 5, 6, 7].map((k) => one(k, 200_000)),
      [one(8, 9_007_199_254_740_991), one(9, 1_000_000), one(10, -1)],
      [one(9, -999_999), one(10, 1)],
    ],
    query: 'select typeof(n), n from t order by k',
    right: [
      '0.300000',
      '0.200000',
      '12.200000',
      '0.199999',
      '12.700000',
      '0.200000',
      '-2.800000',
      '9007199254.740991',
      '0.000001',
      '0.000000',
    ].map((n) => ['text', n]),
  },
  {
    subject: 'texts of SQLite that are no decimals of this scale',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n text)',
      ...[
        'abc',
        '',
        '-',
        '.',
        '1e3',
        '1.2.3',
        '+1',
        '007',
        ' 1',
        '1 ',
        '1,5',
        '--1',
        '0x10',
        '1.0000001',
        'Infinity',
        '99999999999999999999',
        '9223372036854.775808',
        '-9223372036854.775809',
      ].map((text, k) => `insert into t values (${k}, '${text}')`),
    ],
    model: MICRO,
    steps: [[...Array.from({ length: 18 }, (_, k) => one(k)), one(99)]],
    query: "select count(*) from t where n like '%000001'",
    right: [[2]],
    dead: 18,
  },
  {
    subject: 'decimals of SQLite at the ends of 64 bits',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n text)',
      "insert into t values (1, '9223372036854.775806'), (2, '-9223372036854.775807'), (3, '9.3')",
    ],
    model: MICRO,
    steps: [[one(1), one(2, -1), one(3)], [one(1), one(3)], [one(2, -1), one(3)], [one(2, 1)]],
    query: 'select n from t order by k',
    right: [['9223372036854.775807'], ['-9223372036854.775807'], ['9.300003']],
    dead: 2,
  },
  {
    subject: 'decimals of SQLite with a floor',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n text) strict',
      "insert into t values (1, '0.5'), (2, '-9223372036854775.808'), (3, null)",
    ],
    model: { ...K, columns: { n: { scale: 3, min: -1500n } } },
    steps: [[one(1, -9000), one(2, -1), one(3, -1500), one(4, -1501), one(5, 1)]],
    query: 'select n from t order by k',
    right: [['-1.500'], ['-1.500'], ['-1.500'], ['-1.500'], ['0.001']],
  },
  {
    subject: 'decimals of SQLite with the least floor that there is',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n text)',
      "insert into t values (1, '-9223372036854775.807'), (2, '9223372036854775.807')",
    ],
    model: { ...K, columns: { n: { scale: 3, min: -9223372036854775808n } } },
    steps: [[one(1, -2), one(2), one(3, -2)]],
    query: 'select n from t order by k',
    right: [['-9223372036854775.808'], ['9223372036854775.807'], ['-0.002']],
    dead: 1,
  },
  ...(
    [
      ['decimal(40, 18)', [...POSTGRES, ...MARIADB]],
      ['text', SQLITE],
    ] as const
  ).map(
    ([type, on]): Shape => ({
      subject: `decimals of 18 digits as ${type}, under two names`,
      on,
      ddl: [`create table t (k integer primary key, n ${type})`, "insert into t values (1, '-1')"],
      model: { ...K, columns: { cents: { column: 'n', scale: 18 }, n: { scale: 18 } } },
      steps: [
        [one(1), [{ cents: 9_007_199_254_740_991, n: 9_007_199_254_740_991 }, { k: 2 }]],
        [one(1), [{ cents: 9_007_199_254_740_991, n: 1 }, { k: 2 }]],
      ],
      query: TEXT,
      right: [['n-0.999999999999999998'], ['n0.027021597764222974']],
    }),
  ),
  {
    subject: 'decimals of a domain and of money',
    on: POSTGRES,
    ddl: [
      'create domain price as numeric(12, 2) check (value >= 0)',
      'create domain fee as price',
      'create table t (k integer primary key, a fee, b money)',
      "insert into t values (1, 1, '1')",
    ],
    model: { ...K, columns: { a: { scale: 2 }, b: { scale: 2 } } },
    steps: [
      [
        [{ a: -1, b: -101 }, { k: 1 }],
        [{ a: 5 }, { k: 2 }],
        [{ b: 5 }, { k: 3 }],
      ],
      [[{ a: -100 }, { k: 1 }]],
    ],
    query: 'select a::text, b::numeric::text from t order by k',
    right: [
      ['0.99', '-0.01'],
      ['0.05', null],
      [null, '0.05'],
    ],
    dead: 1,
  },
];

// No double on the way.
const EXACT: readonly Shape[] = [
  {
    subject: 'a column of 64 bits at its ends',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n bigint not null)',
      'insert into t values (1, 9223372036854775800), (2, -9223372036854775800), (3, 9007199254740993)',
    ],
    model: K,
    steps: [
      [one(1, 7), one(2, -8), one(3)],
      [one(1), one(3)],
      [one(2, -1), one(3)],
    ],
    query: TEXT,
    right: [['n9223372036854775807'], ['n-9223372036854775808'], ['n9007199254740996']],
    dead: 2,
  },
  {
    subject: 'an unsigned column of 64 bits at its ends',
    on: MARIADB,
    ddl: [
      'create table t (k integer primary key, n bigint unsigned)',
      'insert into t values (1, 18446744073709551610), (2, 9223372036854775807), (3, 3), (4, null)',
    ],
    model: K,
    steps: [
      [one(1, 5), one(2, 1), one(3, -3), one(4, 1)],
      [one(1, 1), one(2, 1)],
      [one(3, -1), one(2, 1)],
    ],
    query: TEXT,
    right: [['n18446744073709551615'], ['n9223372036854775810'], ['n0'], ['n1']],
    dead: 2,
  },
  {
    subject: 'a number of as many digits as it may have',
    on: [...POSTGRES, ...MARIADB],
    ddl: [
      'create table t (k integer primary key, n decimal(38, 0))',
      'insert into t values (1, 99999999999999999999999999999999999990)',
    ],
    model: K,
    steps: [
      [one(1, 9), one(2)],
      [one(1), one(2)],
    ],
    query: TEXT,
    right: [['n99999999999999999999999999999999999999'], ['n2']],
    dead: 1,
  },
  {
    subject: 'a column of SQLite without a type, counted under two names',
    on: SQLITE,
    ddl: ['create table t (k integer primary key, n)'],
    model: { ...K, columns: { hits: 'n', views: 'n' } },
    steps: [[[{ hits: 9_007_199_254_740_991, views: 2 }, { k: 1 }]]],
    query: 'select typeof(n), cast(n as text) from t',
    right: [['integer', '9007199254740993']],
  },
  {
    subject: 'bigints in columns of SQLite without a type, beside integers',
    on: SQLITE,
    ddl: [
      'create table t (k primary key, n int, at, made_by)',
      'insert into t values (5, 0, 7, 0), (9007199254740993, 0, 7, 0)',
    ],
    model: { ...K, extra: ['at'], onInsert: { made_by: 9_007_199_254_740_993n } },
    steps: [
      [
        [{ n: 1 }, { k: 5n }, { at: max(10n) }],
        [{ n: 1 }, { k: 9_007_199_254_740_993n }, { at: max(9_007_199_254_740_993n) }],
        [{ n: 1 }, { k: 6n }, { at: 9_007_199_254_740_993n }],
      ],
    ],
    query:
      "select typeof(k), cast(k as text) || '', n, typeof(at), at > 9007199254740992, made_by > 9007199254740992 from t order by k",
    right: [
      ['integer', 5, 1, 'integer', 0, 0],
      ['integer', 6, 1, 'integer', 1, 1],
      ['integer', '9007199254740993', 1, 'integer', 1, 0],
    ],
  },
  {
    subject: 'sums that are text',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n text)',
      "insert into t values (1, '9007199254740993'), (2, '9223372036854775807'), (3, '1.5')",
    ],
    model: K,
    steps: [[one(1), one(2), one(3)]],
    query: TEXT,
    right: [['n9007199254740994'], ['n9223372036854775807'], ['n2.5']],
    dead: 1,
  },
  {
    subject: 'sums that are text, which MariaDB would round',
    on: MARIADB,
    ddl: [
      'create table t (k integer primary key, n varchar(40))',
      "insert into t values (1, '9007199254740993')",
    ],
    model: K,
    steps: [[one(1)]],
    query: TEXT,
    right: [['n9007199254740993']],
    unfit: /column "n" \(varchar\(40\)\) takes no sums/,
  },
  {
    subject: 'a sum for a text, by a name that nobody listed',
    on: MARIADB,
    ddl: [
      'create table t (k integer primary key, n integer, title varchar(40))',
      "insert into t values (1, 0, '9007199254740993'), (2, 0, null)",
    ],
    model: { table: 't' },
    steps: [
      [one(2), [{ title: 1 }, { k: 1 }], [{ title: 1 }, { k: 3 }]],
      [one(1), one(2)],
    ],
    query: 'select k, n, title from t order by k',
    right: [
      [1, 1, '9007199254740993'],
      [2, 2, null],
    ],
    dead: 2,
  },
  {
    subject: 'names that differ in a letter of which SQLite knows no other case',
    on: SQLITE,
    ddl: ['create table t (k integer primary key, é integer, É integer)'],
    model: { table: 't' },
    steps: [[[{ é: 1, É: 2 }, { k: 1 }]], [[{ é: 1, É: 2 }, { k: 1 }]]],
    query: 'select é as a, É as b from t',
    right: [[2, 4]],
  },
  {
    subject: 'names that differ in case alone',
    on: [...SQLITE, ...MARIADB],
    ddl: ['create table t (k integer primary key, n integer)', 'insert into t values (1, 0)'],
    model: { table: 't' },
    steps: [
      [
        [{ n: 1, N: 2 }, { k: 1 }],
        [{ n: 1, N: 2 }, { k: 2 }],
      ],
    ],
    query: 'select k, n from t order by k',
    right: [
      [1, 3],
      [2, 3],
    ],
  },
];

// Values that stay because they are greater or less, and what belongs to them.
const RANKED: readonly Shape[] = [
  {
    subject: 'the greatest text, by code points whatever the column compares by',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer, most varchar(50), least varchar(50))'],
    model: { ...K, extra: ['most', 'least'] },
    steps: [
      [[{ n: 1 }, { k: 1 }, { most: max('Zebra'), least: min('ant') }]],
      [[{ n: 1 }, { k: 1 }, { most: max('ant'), least: min('Zebra') }]],
      [[{ n: 1 }, { k: 1 }, { most: max('Ant'), least: min('zebra') }]],
      [[{ n: 1 }, { k: 2 }, { least: min('a ') }]],
      [[{ n: 1 }, { k: 2 }, { least: min('a\t') }]],
    ],
    query: 'select k, most, least from t order by k',
    right: [
      [1, 'ant', 'Zebra'],
      [2, null, 'a\t'],
    ],
  },
  ...(
    [
      [NOT_MARIADB, 'text'],
      [MARIADB, 'text character set utf8mb4'],
    ] as const
  ).map(
    ([on, type]): Shape => ({
      subject: `the greatest text, where UTF-16 has another order, as ${type}`,
      on,
      ddl: [`create table t (k integer primary key, n integer, most ${type})`],
      model: { ...K, extra: ['most'] },
      steps: [[[{ n: 1 }, { k: 1 }, { most: max('\uffff') }]], [[{ n: 1 }, { k: 1 }, { most: max('👍') }]]],
      query: 'select most from t',
      right: [['👍']],
    }),
  ),
  {
    subject: 'the greatest text in a column that ignores case',
    on: SQLITE,
    ddl: ['create table t (k integer primary key, n integer, most text collate nocase)'],
    model: { ...K, extra: ['most'] },
    steps: [[[{ n: 1 }, { k: 1 }, { most: max('a') }]], [[{ n: 1 }, { k: 1 }, { most: max('B') }]]],
    query: 'select most from t',
    right: [['a']],
  },
  ...(['postgres', 'pglite', 'mariadb'] as const).map(
    (on): Shape => ({
      subject: 'the greatest of an enum, by code points as the buffer compares them',
      on: [on],
      ddl:
        on === 'mariadb'
          ? [
              "create table t (k int primary key, n int, x enum('low', 'medium', 'Medium', 'high') collate utf8mb4_bin)",
              "insert into t values (1, 0, 'medium')",
            ]
          : [
              "create type level as enum ('low', 'medium', 'Medium', 'high')",
              'create domain known as level',
              'create table t (k int primary key, n int, x known)',
              "insert into t values (1, 0, 'medium')",
            ],
      model: { ...K, extra: ['x'] },
      steps: [
        [
          [{ n: 1 }, { k: 1 }, { x: max('high') }],
          [{ n: 1 }, { k: 2 }, { x: max('Medium') }],
        ],
        [
          [{ n: 1 }, { k: 1 }, { x: max('low') }],
          [{ n: 1 }, { k: 2 }, { x: max('high') }],
        ],
      ],
      query: 'select x from t order by k',
      right: [['medium'], ['high']],
    }),
  ),
  {
    subject: 'bigints beyond what a double holds',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer, most bigint, least bigint)'],
    model: { ...K, extra: ['most', 'least'] },
    steps: [
      [[{ n: 1 }, { k: 1 }, { most: max(9007199254740992n), least: min(-9007199254740992n) }]],
      [[{ n: 1 }, { k: 1 }, { most: max(9007199254740993n), least: min(-9007199254740993n) }]],
    ],
    query: "select concat('', most, ' ', least) from t",
    right: [['9007199254740993 -9007199254740993']],
  },
  {
    subject: 'bigints in a column of decimals',
    on: [...POSTGRES, ...MARIADB],
    ddl: ['create table t (k integer primary key, n integer, most decimal(39, 0), least decimal(39, 0))'],
    model: { ...K, extra: ['most', 'least'] },
    steps: [
      [[{ n: 1 }, { k: 1 }, { most: max(2n ** 100n), least: min(-(2n ** 100n)) }]],
      [[{ n: 1 }, { k: 1 }, { most: max(2n ** 100n + 1n), least: min(-(2n ** 100n) - 1n) }]],
    ],
    query: "select concat('', most, ' ', least) from t",
    right: [['1267650600228229401496703205377 -1267650600228229401496703205377']],
  },
  {
    subject: 'what a column rounds to the value that it has does not win',
    on: [...POSTGRES, ...MARIADB],
    ddl: [
      'create table t (k integer primary key, n integer, best decimal(10, 2), best_by varchar(9), seen timestamp(0) null, seen_by varchar(9))',
    ],
    model: { ...K, extra: ['best', 'best_by', 'seen', 'seen_by'] },
    steps: [
      [
        [
          { n: 1 },
          { k: 1 },
          {
            best: max(1.001, { best_by: 'a' }),
            seen: max(new Date('2026-01-01T12:00:00.100Z'), { seen_by: 'a' }),
          },
        ],
      ],
      [
        [
          { n: 1 },
          { k: 1 },
          {
            best: max(1.004, { best_by: 'b' }),
            seen: max(new Date('2026-01-01T12:00:00.400Z'), { seen_by: 'b' }),
          },
        ],
      ],
    ],
    query: 'select best_by, seen_by from t',
    right: [['a', 'a']],
  },
  {
    subject: 'a value that loses may be too large for its column',
    on: [...POSTGRES, ...MARIADB],
    ddl: [
      'create table t (k integer primary key, n integer, best decimal(10, 2))',
      'insert into t values (1, 1, 5)',
    ],
    model: { ...K, extra: ['best'] },
    steps: [[[{ n: 1 }, { k: 1 }, { best: max(-1e12) }]]],
    query: 'select n, cast(best as decimal(10, 0)) as best from t',
    right: [[2, 5]],
  },
  {
    subject: 'an extra that is renamed, with what belongs to it under either name',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer, step integer, message varchar(9))'],
    model: { ...K, extra: { seq: 'step', step: 'step', message: 'message', text: 'message' } },
    steps: [
      [
        [{ n: 1 }, { k: 1 }, { seq: max(7, { message: 'old' }), step: max(8, { message: 'new' }) }],
        [{ n: 1 }, { k: 2 }, { seq: max(9, { message: 'old' }), step: max(8, { text: 'new' }) }],
      ],
      [[{ n: 1 }, { k: 1 }, { seq: max(9, { message: 'old' }), step: max(8, { message: 'new' }) }]],
    ],
    query: 'select k, step, message from t order by k',
    right: [
      [1, 9, 'old'],
      [2, 9, 'old'],
    ],
  },
  {
    subject: 'the message of the latest step, whichever comes first',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer, step integer, message varchar(50), a integer)'],
    model: { ...K, extra: { seq: 'step', message: 'message', by: 'a' } },
    steps: [
      [[{ n: 1 }, { k: 1 }, { seq: max(7, { message: 'seventh', by: 7 }) }]],
      [[{ n: 1 }, { k: 1 }, { seq: max(8, { message: 'eighth' }) }]],
      [[{ n: 1 }, { k: 1 }, { seq: max(6, { message: 'sixth', by: 6 }) }]],
      [[{ n: 1 }, { k: 1 }, { seq: max(8, { message: 'eighth again' }) }]],
      [[{ n: 1 }, { k: 1 }, { seq: max(9) }]],
    ],
    query: 'select n, step, message, a from t',
    right: [[5, 9, 'eighth', 7]],
  },
  {
    subject: 'what belongs to the least time, in a row whose time is NULL',
    on: ALL,
    ddl: [
      'create table t (k integer primary key, n integer, seen varchar(40), who varchar(50))',
      "insert into t values (1, 0, null, 'nobody')",
    ],
    model: { ...K, extra: ['seen', 'who'] },
    steps: [
      [[{ n: 1 }, { k: 1 }, { seen: min('2026-02', { who: 'b' }) }]],
      [
        [{ n: 1 }, { k: 1 }, { seen: min('2026-03', { who: 'c' }) }],
        [{ n: 1 }, { k: 2 }, { seen: min('2026-03', { who: 'c' }) }],
      ],
      [[{ n: 1 }, { k: 1 }, { seen: min('2026-01', { who: 'a' }) }]],
    ],
    query: 'select k, seen, who from t order by k',
    right: [
      [1, '2026-01', 'a'],
      [2, '2026-03', 'c'],
    ],
  },
  {
    subject: 'what belongs to the latest time, beside milliseconds',
    on: SQLITE,
    ddl: [
      'create table t (k integer primary key, n integer, seen integer, who text)',
      "insert into t values (1, 0, 1800000000000, 'old')",
    ],
    model: { ...K, extra: ['seen', 'who'] },
    steps: [
      [[{ n: 1 }, { k: 1 }, { seen: max(new Date(1_700_000_000_000), { who: 'older' }) }]],
      [[{ n: 1 }, { k: 1 }, { seen: max(new Date(1_900_000_000_000), { who: 'new' }) }]],
    ],
    query: 'select seen, who from t',
    right: [[1_900_000_000_000, 'new']],
  },
  {
    subject: 'a companion whose name is an extra, too, is the extra',
    on: ALL,
    ddl: ['create table t (k integer primary key, n integer, seq integer, message varchar(50))'],
    model: { ...K, extra: ['seq', 'message'] },
    steps: [[[{ n: 1 }, { k: 1 }, { seq: max(7, { message: 'companion' }), message: 'extra' }]]],
    query: 'select seq, message from t',
    right: [[7, 'extra']],
  },
];

export const SHAPES: readonly Shape[] = [
  ...PROPOSED,
  ...ONE_ROW,
  ...ANY_TABLE,
  ...MYSQL,
  ...NAMES,
  ...RANKED,
  ...MORE,
  ...FLOORS,
  ...DECIMALS,
  ...EXACT,
];
