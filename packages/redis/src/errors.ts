import { BackendError, type SluiceErrorCode } from '@sluice/core';
import { harmless } from '@sluice/core/backend';
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
const LOGIN: Kind = {
  code: 'ERR_SLUICE_BACKEND_DENIED',
  retryable: false,
  advice: 'Check the username and password.',
};
const DENIED: Kind = {
  ...LOGIN,
  advice:
    'Check that the user may run EVALSHA, EVAL, SADD, SMEMBERS, EXISTS, and every command of the scripts on the keys.',
};
const DENIED_IN_SCRIPT: Kind = {
  ...LOGIN,
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
const TLS: Kind = {
  code: 'ERR_SLUICE_BACKEND_TLS',
  retryable: false,
  advice:
    'Pass the authority that signed the certificates of your servers as tls: { ca }, their name as servername if the URL has another one, and cert and key if they ask for them; renew what has expired.',
};
const FAILED: Kind = { code: 'ERR_SLUICE_BACKEND_FAILED', retryable: false, advice: '' };
const UNSUPPORTED: Kind = {
  ...FAILED,
  advice:
    'The server must be a Redis, 6.2 or later, with its commands under their own names, and no sentinel: those have redis+sentinel:// URLs.',
};
const OF_CLUSTER: Kind = {
  ...FAILED,
  advice: 'The server is a node of a Redis Cluster: use a redis+cluster:// URL, or a Cluster client.',
};
const NO_CLUSTER: Kind = {
  ...FAILED,
  advice: 'The server is no node of a Redis Cluster: use a redis:// URL.',
};
const NO_SENTINEL: Kind = {
  ...FAILED,
  advice: 'The server is no sentinel: use a redis:// URL, or the port of the sentinels.',
};
const NO_SUCH_MASTER: Kind = {
  ...FAILED,
  advice: 'Check the name of the master, the first part of the path of the URL.',
};
const UNKNOWN_REPLY: Kind = {
  ...FAILED,
  retryable: true,
  advice: 'This reply is none that Sluice knows; a proxy or the log of the server may say more.',
};
const UNBLOCKED: Kind = {
  ...UNKNOWN_REPLY,
  advice: 'The wait for replicas was ended, as when a master becomes a replica.',
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
  NOAUTH: LOGIN,
  WRONGPASS: LOGIN,
  NOPERM: DENIED,
  DENIED,
  MOVED: OF_CLUSTER,
  ASK: OF_CLUSTER,
  CROSSSLOT: UNSUPPORTED,
  WRONGTYPE: {
    code: 'ERR_SLUICE_BACKEND_CORRUPT',
    retryable: false,
    advice:
      "Another program uses a key of Sluice's. Give one of the two another prefix; `npx @sluice/cli check` names the key.",
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
  [/^ERR unknown command [`']SENTINEL\b/i, NO_SENTINEL],
  [/^ERR (unknown (sub)?command|wrong number of arguments|syntax error|unsupported)/i, UNSUPPORTED],
  [/^ERR (DB index is out of range|invalid DB index|SELECT is not allowed)/i, FAILED],
  [/^ERR max number of clients/i, UNAVAILABLE],
  [/^ERR This instance has cluster support disabled/i, NO_CLUSTER],
  [/^ERR No such master/i, NO_SUCH_MASTER],
  [/^ERR (Client sent AUTH|AUTH <password>|invalid password|operation not permitted)/i, LOGIN],
];

// In a script, the commands before the one that was denied may have changed something.
const ACL_IN_SCRIPT = /The user executing the script can't|NOPERM/;

// What ioredis, node-redis and sockets say when a command was not sent, or its reply was not received.
const CONNECTION =
  /connection is closed|stream isn't writeable|timed out|command aborted|socket closed|sentinels are unreachable|startup nodes|slots cache|cluster isn't ready|cluster is ended|cluster redirections|client is (closed|offline)|disconnects client|connection timeout|socket timeout|root nodes are unavailable|queue is full|cannot find node/i;

// What a client says when it did not take a command. A Cluster client of ioredis also says that it is not ready of a command that it
// has sent, lost, and would send again.
const UNSENT =
  /^(Stream isn't writeable|Connection in subscriber mode|The client is (closed|offline)|The queue is full)/;

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
  const command = kind === DENIED ? /'([\w|-]+)' (?:sub)?command/.exec(message)?.[1] : undefined;
  const advice = command === undefined ? kind.advice : `Let the user run ${command.toUpperCase()}.`;
  const cause = harmless(error);
  const said = partsOf(cause).message.slice(0, 200).replace(/\.$/, '');
  return new BackendError(kind.code, `Redis: ${said}. ${denied}${advice}`.trim(), {
    retryable: kind.retryable,
    outcome: sent && !changedNothing ? 'unknown' : 'refused',
    cause,
  });
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
    cause: harmless(cause),
  });
}

/** Whether the server lacks a script that is called by its digest. */
export function isNoScript(error: unknown): boolean {
  return isReply(error) && replyWord(partsOf(error).message) === 'NOSCRIPT';
}

/** Whether an error means that a command was not sent. */
export function isUnsent(error: unknown): boolean {
  return UNSENT.test(partsOf(error).message);
}

/** An error of one server of several, whose message says of which. */
export function namedError(error: unknown, name: string): unknown {
  if (!(error instanceof BackendError)) return error;
  const { code, message, retryable, outcome, cause } = error;
  return new BackendError(
    code,
    message.replace(/^Redis(?=:)/, () => `Redis${name}`),
    {
      retryable,
      outcome,
      cause,
    },
  );
}

/** A cluster sent a command from node to node: it is being changed. */
export function redirected(cause: unknown): BackendError {
  return new BackendError(
    LOADING.code,
    `Redis: the cluster redirected a command too often. ${LOADING.advice}`,
    {
      retryable: true,
      outcome: 'refused',
      cause,
    },
  );
}

/** Whether an error may mean that the server is no longer the one to ask: it is away, or not what it was. */
export function isOfPlace(error: unknown): boolean {
  return error instanceof BackendError && PLACE_CODES.has(error.code);
}

const PLACE_CODES: ReadonlySet<SluiceErrorCode> = /* @__PURE__ */ new Set([
  UNAVAILABLE.code,
  TLS.code,
  LOADING.code,
  'ERR_SLUICE_BACKEND_READONLY',
]);

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
  return { kind: word === 'UNBLOCKED' ? UNBLOCKED : UNKNOWN_REPLY, changedNothing: false };
}

/** The first word of an error reply. Before version 7, `ERR` and a script's own text are around the error of a command. */
function replyWord(message: string): string {
  const word = /^[A-Z]+\b/.exec(message)?.[0] ?? '';
  const wrapped = word === 'ERR' ? /\bscript\b.*: ?-?([A-Z]{3,}) /.exec(message)?.[1] : undefined;
  return wrapped ?? word;
}

// What Node says of the server's certificate, and the server of ours.
const CERTIFICATE =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_TLS_CERT_|ERR_SSL_.*_ALERT_.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|DECRYPT_ERROR))/;

/** Whether an error says what is wrong with a certificate. */
export function isOfCertificate(error: unknown): boolean {
  return CERTIFICATE.test(String(partsOf(error).code));
}

function connectionKind(error: unknown, message: string): Kind {
  const { code } = partsOf(error);
  if (isOfCertificate(error)) return TLS;
  if (
    /protocol error|RESP type|invalid (array|bulk)/i.test(message) ||
    /^(EPROTO|ERR_SSL_)/.test(String(code))
  )
    return PROTOCOL;
  return code !== undefined || CONNECTION.test(message) ? UNAVAILABLE : FAILED;
}
