import { expect, test } from 'vitest';
import { toBackendError } from '../src/errors.js';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

test.each([
  ['LOADING Redis is loading the dataset in memory', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['MASTERDOWN Link with MASTER is down', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['BUSY Redis is busy running a script', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['OOM command not allowed when used memory > maxmemory', 'ERR_SLUICE_BACKEND_FULL', true],
  ["READONLY You can't write against a read only replica.", 'ERR_SLUICE_BACKEND_READONLY', true],
  ['MISCONF Redis is configured to save RDB snapshots', 'ERR_SLUICE_BACKEND_READONLY', true],
  ['NOAUTH Authentication required.', 'ERR_SLUICE_BACKEND_DENIED', false],
  ['NOPERM this user has no permissions', 'ERR_SLUICE_BACKEND_DENIED', false],
  ['WRONGTYPE Operation against a key', 'ERR_SLUICE_BACKEND_CORRUPT', false],
  ['ERR unknown command', 'ERR_SLUICE_BACKEND_FAILED', false],
  ['ERR script: -OOM command not allowed', 'ERR_SLUICE_BACKEND_FULL', true],
])('the reply %j is a definite refusal', (message, code, retryable) => {
  expect(toBackendError(reply(message), true)).toMatchObject({ code, retryable, outcome: 'refused' });
});

test('an error that is neither a reply nor of the connection is not repeated, and its outcome is unknown', () => {
  expect(toBackendError(new TypeError('broken'), true)).toMatchObject({
    code: 'ERR_SLUICE_BACKEND_FAILED',
    retryable: false,
    outcome: 'unknown',
  });
});
