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
  ['data', { code: '42P01' }],
  ['data', { code: 'P0001' }],
  ['data', { code: '54000' }],
  ['data', { code: 'ER_DUP_ENTRY', sqlState: '23000', errno: 1062 }],
  ['data', { sqlState: 'HY000', errno: 3819 }],
  ['data', { code: 'SQLITE_CONSTRAINT_CHECK' }],
  ['data', { code: 'SQLITE_ERROR' }],
  ['data', { code: 'ERR_SQLITE_ERROR', errcode: 1299 }],
  ['data', { message: 'wrapped', cause: { cause: { code: '23514' } } }],
  ['outage', { code: '57014' }],
  ['outage', { code: '57P01' }],
  ['outage', { code: '53300' }],
  ['outage', { code: '25006' }],
  ['outage', { code: '08006' }],
  ['outage', { code: '55P03' }],
  ['outage', { code: 'XX000' }],
  ['outage', { code: 'ECONNREFUSED' }],
  ['outage', { code: 'EPIPE' }],
  ['outage', { code: 'PROTOCOL_CONNECTION_LOST', errno: -104 }],
  ['outage', { sqlState: 'HY000', errno: 1290 }],
  ['outage', { sqlState: 'HY000', errno: 1206 }],
  ['outage', { sqlState: '42000', errno: 1305 }],
  ['outage', { code: 'SQLITE_READONLY' }],
  ['outage', { code: 'SQLITE_FULL' }],
  ['outage', { code: 'SQLITE_IOERR_WRITE' }],
  ['outage', { code: 'ERR_SQLITE_ERROR', errcode: 13 }],
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
