import { BackendError, type SluiceErrorCode } from '@sluice/core';
import { deniedCommand } from './denied-command.js';

interface Kind {
  readonly code: SluiceErrorCode;
  readonly retryable: boolean;
  readonly advice: string;
}

const LOADING: Kind = {
  code: 'ERR_SLUICE_BACKEND_LOADING',
  retryable: true,
  advice: 'The server is not ready to serve; it will be.',
};
const DENIED: Kind = {
  code: 'ERR_SLUICE_BACKEND_DENIED',
  retryable: false,
  advice:
    'Check the username and password, and that the user may run EVALSHA, EVAL, SMEMBERS, and every command of the scripts on the keys.',
};
const DENIED_IN_SCRIPT: Kind = {
  code: 'ERR_SLUICE_BACKEND_DENIED',
  retryable: false,
  advice: 'Let the user run every command of the scripts on the keys.',
};
const UNAVAILABLE: Kind = {
  code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
  retryable: true,
  advice: 'Check that the server runs at this address.',
};
const PROTOCOL: Kind = {
  code: 'ERR_SLUICE_BACKEND_PROTOCOL',
  retryable: false,
  advice:
    'The server at this address is not a Redis server, or it needs rediss:// (TLS), or does without it.',
};
const FAILED: Kind = { code: 'ERR_SLUICE_BACKEND_FAILED', retryable: false, advice: '' };
const UNSUPPORTED: Kind = {
  ...FAILED,
  advice: 'The server must be a single Redis, 6.2 or later, with its commands under their own names.',
};
const UNKNOWN_REPLY: Kind = {
  ...FAILED,
  retryable: true,
  advice: 'This reply is none that Sluice knows; a proxy or the log of the server may say more.',
};

// The replies of a server that has changed nothing. They begin with a word that names their kind.
const REFUSALS: Readonly<Record<string, Kind>> = {
  OOM: {
    code: 'ERR_SLUICE_BACKEND_FULL',
    retryable: true,
    advice: 'The server has reached maxmemory. Run workers to drain it, or give it more.',
  },
  READONLY: {
    code: 'ERR_SLUICE_BACKEND_READONLY',
    retryable: true,
    advice: 'The server is a replica. Connect to the master.',
  },
  MISCONF: {
    code: 'ERR_SLUICE_BACKEND_READONLY',
    retryable: true,
    advice: 'The server cannot persist its data and refuses writes. Look at its log.',
  },
  LOADING,
  MASTERDOWN: LOADING,
  CLUSTERDOWN: LOADING,
  TRYAGAIN: LOADING,
  BUSY: LOADING,
  NOREPLICAS: LOADING,
  NOSCRIPT: LOADING,
  NOAUTH: DENIED,
  WRONGPASS: DENIED,
  NOPERM: DENIED,
  DENIED,
  MOVED: UNSUPPORTED,
  ASK: UNSUPPORTED,
  CROSSSLOT: UNSUPPORTED,
  WRONGTYPE: {
    code: 'ERR_SLUICE_BACKEND_CORRUPT',
    retryable: false,
    advice: "Another program uses a key of Sluice's. Give one of the two another prefix.",
  },
  // What Sluice's scripts reply when a key does not hold what they wrote.
  CORRUPT: {
    code: 'ERR_SLUICE_BACKEND_CORRUPT',
    retryable: false,
    advice:
      'If a newer version of Sluice wrote it, upgrade this process; if another program changed it, look at the key.',
  },
};

// What follows ERR in the refusals that have no word of their own.
const PLAIN_REFUSALS: readonly (readonly [RegExp, Kind])[] = [
  [/^ERR (unknown (sub)?command|wrong number of arguments|syntax error|unsupported)/i, UNSUPPORTED],
  [/^ERR (DB index is out of range|invalid DB index|SELECT is not allowed)/i, FAILED],
  [/^ERR max number of clients/i, UNAVAILABLE],
  [/^ERR (Client sent AUTH|AUTH <password>|invalid password|operation not permitted)/i, DENIED],
];

// In a script, the commands before the one that was denied may have changed something.
const ACL_IN_SCRIPT = /The user executing the script can't|NOPERM/;

// What ioredis and sockets say when a command was not sent, or its reply was not received.
const CONNECTION = /connection is closed|stream isn't writeable|timed out|command aborted|socket closed/i;

/** An error of the client or the server, as one of Sluice's. `sent`: whether the command may have reached the server. */
export function toBackendError(error: unknown, sent: boolean): BackendError {
  if (error instanceof BackendError) return error;
  const { name, message } = partsOf(error);
  if (name === 'MaxRetriesPerRequestError') {
    return unavailable('the connection was lost before the reply', sent, error);
  }
  const { kind, changedNothing } = isReply(error)
    ? replyKind(message)
    : { kind: connectionKind(error, message), changedNothing: false };
  const denied = kind === DENIED_IN_SCRIPT ? deniedCommand(error, message) : '';
  return new BackendError(
    kind.code,
    `Redis: ${message.slice(0, 200).replace(/\.$/, '')}. ${denied}${kind.advice}`.trim(),
    {
      retryable: kind.retryable,
      outcome: sent && !changedNothing ? 'unknown' : 'refused',
      cause: error,
    },
  );
}

/** There is a server, and it is of another kind. */
export function notRedis(what: string): BackendError {
  return new BackendError(PROTOCOL.code, `Redis: ${what}. ${PROTOCOL.advice}`, {
    retryable: PROTOCOL.retryable,
    outcome: 'refused',
  });
}

/** The backend could not be reached in time. */
export function unavailable(what: string, sent: boolean, cause?: unknown): BackendError {
  return new BackendError(UNAVAILABLE.code, `Redis: ${what}. ${UNAVAILABLE.advice}`, {
    retryable: true,
    outcome: sent ? 'unknown' : 'refused',
    cause,
  });
}

/** Whether the server lacks a script that is called by its digest. */
export function isNoScript(error: unknown): boolean {
  return isReply(error) && replyWord(partsOf(error).message) === 'NOSCRIPT';
}

/** Whether an error is the server's reply, rather than one of the client. */
export function isReply(error: unknown): boolean {
  return partsOf(error).name === 'ReplyError';
}

/** The parts of an error that are examined. Not by `instanceof Error`: in Jest, a socket's error is of another realm. */
export function partsOf(error: unknown): { name: string; message: string; code: unknown } {
  const { name, message, code } = Object(error) as { name?: unknown; message?: unknown; code?: unknown };
  return {
    name: typeof name === 'string' ? name : '',
    message: typeof message === 'string' ? message : String(error),
    code,
  };
}

/** What an error reply means. Only what is known to be a refusal certainly changed nothing: a proxy has words of its own. */
function replyKind(message: string): { kind: Kind; changedNothing: boolean } {
  const isOfScript = /\bscript\b/i.test(message);
  if (isOfScript && ACL_IN_SCRIPT.test(message)) return { kind: DENIED_IN_SCRIPT, changedNothing: false };
  const word = replyWord(message);
  const kind = Object.hasOwn(REFUSALS, word) ? REFUSALS[word] : undefined;
  if (kind !== undefined) return { kind, changedNothing: true };
  const plain = isOfScript ? undefined : PLAIN_REFUSALS.find(([form]) => form.test(message));
  if (plain !== undefined) return { kind: plain[1], changedNothing: true };
  return { kind: UNKNOWN_REPLY, changedNothing: false };
}

/** The first word of an error reply. Before version 7, `ERR` and a script's own text are around the error of a command. */
function replyWord(message: string): string {
  const word = /^[A-Z]+\b/.exec(message)?.[0] ?? '';
  const wrapped = word === 'ERR' ? /\bscript\b.*: ?-?([A-Z]{3,}) /.exec(message)?.[1] : undefined;
  return wrapped ?? word;
}

function connectionKind(error: unknown, message: string): Kind {
  const { code } = partsOf(error);
  if (
    /protocol error|RESP type|invalid (array|bulk)/i.test(message) ||
    /^(EPROTO|ERR_SSL_)/.test(String(code))
  )
    return PROTOCOL;
  return code !== undefined || CONNECTION.test(message) ? UNAVAILABLE : FAILED;
}
