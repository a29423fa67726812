import type { Logger } from '@sluice/core';

/**
 * Drops what a buffer logs. Retries, burials and failures are what the laboratory is for, and a process that crashes
 * must find its reason at the end of stderr, not lost among thousands of warnings.
 */
export const quietLogger: Logger = { warn() {}, error() {} };
