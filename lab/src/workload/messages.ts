import type { Failpoint } from './failpoints.js';

/** What the driver sends to a process. */
export type Command =
  | { readonly command: 'stop at'; readonly failpoint: Failpoint; readonly by: 'SIGKILL' | 'SIGSTOP' }
  /** Takes back a "stop at" that has not taken effect. */
  | { readonly command: 'continue' }
  | { readonly command: 'jump clock'; readonly ms: number }
  | { readonly command: 'finish' };

type Conflict = 'deadlock' | 'lock timeout';

/** What a process sends to the driver. */
export type Report =
  | { readonly report: 'stopping'; readonly failpoint: Failpoint }
  | { readonly report: 'resumed'; readonly afterMs: number }
  | { readonly report: 'clock jumped' }
  /** A statement failed because of another transaction. In isolation: while a batch was taken apart. */
  | { readonly report: Conflict | `${Conflict} in isolation` }
  /** A worker has a batch with a name that its release does not know. */
  | { readonly report: 'unknown name' }
  /** A producer sends its first write of a sequence. */
  | { readonly report: 'sequence begun'; readonly name: string }
  /** The buffer reports lost writes, which must not happen while Redis keeps what it acknowledged. */
  | { readonly report: 'lost'; readonly detail: string };

/** The file descriptor on which a process writes its reports. */
export const REPORTS_FD = 4;
