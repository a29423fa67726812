import type { Backend, Clock } from '@sluice/core';

/** The backend that the pages call the reader's own. */
export declare function myBackend(options: { clock: Clock }): Backend;
