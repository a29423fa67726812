import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { toBackendError } from '../src/errors.js';

/** An error of another realm, as Jest's tests get those of sockets from Node itself. */
function foreign(name: string, message: string, code?: string): unknown {
  const properties = JSON.stringify({ name, message, code });
  return runInNewContext(`Object.assign(new Error(), ${properties})`);
}

describe('errors of another realm are classified like those of this one', () => {
  test.each([
    [
      'Error',
      'connect ECONNREFUSED 127.0.0.1:1',
      'ECONNREFUSED',
      'ERR_SLUICE_BACKEND_UNAVAILABLE',
      'unknown',
    ],
    ['Error', 'Connection is closed.', undefined, 'ERR_SLUICE_BACKEND_UNAVAILABLE', 'unknown'],
    [
      'MaxRetriesPerRequestError',
      'Reached the limit',
      undefined,
      'ERR_SLUICE_BACKEND_UNAVAILABLE',
      'unknown',
    ],
    ['ReplyError', 'OOM command not allowed', undefined, 'ERR_SLUICE_BACKEND_FULL', 'refused'],
  ])('%s: %s', (name, message, code, expected, outcome) => {
    const error = foreign(name, message, code);
    expect(error instanceof Error).toBe(false);
    expect(toBackendError(error, true)).toMatchObject({ code: expected, retryable: true, outcome });
  });
});
