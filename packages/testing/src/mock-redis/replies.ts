/** What a command or a script returns. Strings are binary; see bytes.ts. */
export type Reply = string | number | null | Status | readonly Reply[];

/** `OK` and its like, which Lua sees as a table. */
export interface Status {
  readonly ok: string;
}

/** An error that the server replied. ioredis names it so, too. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

export function isStatus(reply: Reply): reply is Status {
  return typeof reply === 'object' && reply !== null && 'ok' in reply;
}
