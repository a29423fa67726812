import { BackendError, SluiceError } from '@sluice/core';

// Classes of SQLSTATE codes: lost connections, deadlocks, a server that is full, or that stops.
const PASSING = /^(08|40|53|57)/;

/** What went wrong, and whether the caller may simply try again. */
export function toBackendError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const state = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return new BackendError('ERR_SLUICE_BACKEND_FAILED', `PostgreSQL: ${message}`, {
    retryable: state !== undefined && PASSING.test(state),
    // The server rolls back what it refuses; after any other error it is unknown what took effect.
    outcome: state === undefined ? 'unknown' : 'refused',
    cause: error,
  });
}
