import { BackendError, type SluiceErrorCode } from '@sluice/core';

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
    'Check the username and password, and that the user may run EVALSHA, EVAL, SADD, SMEMBERS and EXISTS on the keys.',
};

// Error replies begin with a word that names their kind. A server that replies with an error has changed nothing.
const REPLIES: Readonly<Record<string, Kind>> = {
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
  NOAUTH: DENIED,
  WRONGPASS: DENIED,
  NOPERM: DENIED,
  WRONGTYPE: {
    code: 'ERR_SLUICE_BACKEND_CORRUPT',
    retryable: false,
    advice: "Another program uses a key of Sluice's. Give one of the two another prefix.",
  },
};

const UNAVAILABLE: Kind = {
  code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
  retryable: true,
  advice: 'Check that the server runs at this address.',
};
const PROTOCOL: Kind = {
  code: 'ERR_SLUICE_BACKEND_PROTOCOL',
  retryable: false,
  advice: 'The server at this address is not a Redis server, or it needs rediss:// (TLS).',
};
const FAILED: Kind = { code: 'ERR_SLUICE_BACKEND_FAILED', retryable: false, advice: '' };

// What ioredis and sockets say when a command was not sent, or its reply was not received.
const CONNECTION = /connection is closed|stream isn't writeable|timed out|command aborted|socket closed/i;

/** An error of the client or the server, as one of Sluice's. `sent`: whether the command may have reached the server. */
export function toBackendError(error: unknown, sent: boolean): BackendError {
  if (error instanceof BackendError) return error;
  const { name, message } = partsOf(error);
  const reply = isReply(error);
  if (name === 'MaxRetriesPerRequestError') {
    return unavailable('the connection was lost before the reply', sent, error);
  }
  const kind = reply ? (REPLIES[replyWord(message)] ?? FAILED) : connectionKind(error, message);
  return new BackendError(
    kind.code,
    `Redis: ${message.slice(0, 200).replace(/\.$/, '')}. ${kind.advice}`.trim(),
    {
      retryable: kind.retryable,
      outcome: sent && !reply ? 'unknown' : 'refused',
      cause: error,
    },
  );
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

/** The first word of an error reply; scripts may put `ERR` and their own text around the error of a command. */
function replyWord(message: string): string {
  const word = /^[A-Z]+/.exec(message)?.[0] ?? '';
  if (word !== 'ERR') return word;
  return Object.keys(REPLIES).find((known) => new RegExp(`\\b-?${known}\\b`).test(message)) ?? word;
}

function connectionKind(error: unknown, message: string): Kind {
  if (/protocol error|RESP type/i.test(message)) return PROTOCOL;
  return partsOf(error).code !== undefined || CONNECTION.test(message) ? UNAVAILABLE : FAILED;
}
