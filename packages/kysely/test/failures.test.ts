import { expect, test } from 'vitest';
import { type Classify, failureOf, reasonOf } from '../src/dialects/failures.js';
import { mysql } from '../src/dialects/mysql/mysql.js';
import { postgres } from '../src/dialects/postgres/postgres.js';
import { sqlite } from '../src/dialects/sqlite/sqlite.js';

const classify: Classify = (error) =>
  mysql.classify(error) ?? sqlite.classify(error) ?? postgres.classify(error);

test.each<[string, unknown]>([
  ['conflict', { code: '40001' }],
  ['conflict', { code: '40P01' }],
  ['conflict', { sqlState: '40001', errno: 1213 }],
  ['conflict', { sqlState: 'HY000', errno: 1205 }],
  ['conflict', { code: 'SQLITE_BUSY' }],
  ['conflict', { code: 'SQLITE_BUSY_SNAPSHOT' }],
  ['conflict', { code: 'SQLITE_LOCKED' }],
  ['conflict', { code: 'ERR_SQLITE_ERROR', errcode: 5 }],
  ['data', { code: '21000' }],
  ['data', { code: '22P02' }],
  ['data', { code: '23505' }],
  ['setup', { code: '42P01' }],
  ['data', { code: 'P0001' }],
  ['data', { code: '54000' }],
  ['data', { code: 'ER_DUP_ENTRY', sqlState: '23000', errno: 1062 }],
  ['data', { sqlState: 'HY000', errno: 3819 }],
  ['data', { code: 'SQLITE_CONSTRAINT_CHECK' }],
  ['data', { code: 'SQLITE_ERROR' }],
  ['data', { code: 'ERR_SQLITE_ERROR', errcode: 1299 }],
  ['data', { message: 'wrapped', cause: { cause: { code: '23514' } } }],
  ['setup', { code: '42501' }],
  ['data', { code: '42501', routine: 'ExecWithCheckOptions' }],
  ['data', { code: '42501', routine: 'exec_stmt_raise' }],
  ['data', { code: 'U0001', routine: 'exec_stmt_raise' }],
  ['outage', { code: '55P03', routine: 'exec_stmt_raise' }],
  ['setup', { code: '42703' }],
  ['setup', { code: '3F000' }],
  ['setup', { code: '53100' }],
  ['setup', { sqlState: '42S02', errno: 1146 }],
  ['setup', { sqlState: '42S22', errno: 1054 }],
  ['setup', { sqlState: '42000', errno: 1142 }],
  ['setup', { sqlState: '42000', errno: 1143 }],
  ['setup', { sqlState: '42000', errno: 1044 }],
  ['setup', { sqlState: 'HY000', errno: 1021 }],
  ['setup', { sqlState: 'HY000', errno: 1665 }],
  ['setup', { sqlState: 'HY000', errno: 1114 }],
  // What a trigger says, in a state of its choice.
  ['data', { sqlState: '42000', errno: 1644 }],
  ['outage', { sqlState: '42000', errno: 1226 }],
  ['setup', { code: 'SQLITE_ERROR', message: 'no such table: t' }],
  ['setup', { code: 'SQLITE_ERROR', message: 'table t has no column named n' }],
  ['setup', { code: 'ERR_SQLITE_ERROR', errcode: 1, message: 'no such column: n' }],
  // A table has the name of a function.
  ['setup', { code: 'SQLITE_ERROR', message: "'json_each' is not a function" }],
  ['data', { code: 'SQLITE_ERROR', message: 'integer overflow' }],
  ['outage', { code: '57014' }],
  ['outage', { code: '57P01' }],
  ['outage', { code: '53300' }],
  ['setup', { code: '25006' }],
  ['outage', { code: '08006' }],
  ['outage', { code: '55P03' }],
  ['outage', { code: 'XX000' }],
  ['outage', { code: 'ECONNREFUSED' }],
  ['outage', { code: 'EPIPE' }],
  ['outage', { code: 'PROTOCOL_CONNECTION_LOST', errno: -104 }],
  ['setup', { sqlState: 'HY000', errno: 1290 }],
  ['outage', { sqlState: 'HY000', errno: 1206 }],
  ['outage', { sqlState: '42000', errno: 1305 }],
  ['setup', { code: 'SQLITE_READONLY' }],
  ['setup', { code: 'SQLITE_FULL' }],
  ['outage', { code: 'SQLITE_IOERR_WRITE' }],
  ['setup', { code: 'ERR_SQLITE_ERROR', errcode: 13 }],
  ['outage', new Error('anything')],
  ['outage', 'text'],
  ['outage', undefined],
])('%s: %j', (failure, error) => {
  expect(failureOf(error, classify)).toBe(failure);
});

test('an endless chain of causes ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(failureOf(error, classify)).toBe('outage');
});

test('reasons are short, and name the code', () => {
  expect(reasonOf(Object.assign(new Error('no'), { code: '23514' }))).toBe('no (23514)');
  expect(reasonOf(new Error('x'.repeat(9999)))).toHaveLength(500);
  expect(reasonOf({})).toBe('the database gave no reason');
});
