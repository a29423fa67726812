import type { BackendError } from '@sluice/core';
import { Redis } from 'ioredis';
import type { ServerAddress } from './address.js';
import { certificateProblem } from './certificate-probe.js';
import type { Server } from './connection.js';
import { isOfCertificate, isReply, notRedis, partsOf, toBackendError, unavailable } from './errors.js';
import { exchange } from './exchange.js';
import { isPostgres } from './postgres-probe.js';

/**
 * A server, over a client of our own. It repeats nothing and queues nothing while it is not connected: the caller
 * repeats, and needs to know whether a command can have been sent.
 */
export function ownServer(
  address: ServerAddress,
  commandTimeoutMs: number,
  name = '',
  /** Called when the connection was lost, and when it was made anew. */
  onChange: () => void = () => {},
): Server<Redis> {
  let client: Redis | undefined;
  let lastError: unknown;
  let readiness: Promise<void> | undefined;
  let wasReady = false;
  let wasLost = false;
  let isConnected = false;
  let isClosed = false;
  let stopWaiting = (): void => {};
  let left: Redis['stream'] | undefined;

  /** Whether a connection that has failed is still to be left: many commands fail on it at once, and once is enough. */
  const mustLeave = (): boolean => {
    const stream = client?.stream;
    if (stream !== undefined && stream === left) return false;
    left = stream;
    return true;
  };

  const open = (): Redis => {
    if (client !== undefined) return client;
    client = new Redis({
      ...address,
      lazyConnect: true,
      connectTimeout: commandTimeoutMs,
      disconnectTimeout: 500,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(1000, 5 * 2 ** Math.min(times, 8)),
      reconnectOnError: (error) => error.message.startsWith('READONLY') && mustLeave(),
    });
    // Without a listener an error of the client would end the process.
    client.on('error', (error: unknown) => {
      // The first error explains more than what followed from it, and what the server said explains most.
      if (lastError === undefined || (isReply(error) && !isReply(lastError))) lastError = error;
      // The client would go on after a SELECT that the server refused, in the wrong database.
      if (isReply(error)) client?.disconnect(true);
      if (isHandshakeCutOff(error)) isConnected = true;
    });
    client.on('connecting', () => {
      isConnected = false;
      // The client hears the first error of a connection only. One with TLS may have two, of which the second would end the
      // process: a certificate that is not trusted, and what arrives behind it.
      setImmediate(() => client?.stream?.on('error', () => {}));
    });
    client.on('connect', () => {
      isConnected = true;
    });
    client.on('ready', () => {
      if (wasLost) onChange();
      wasLost = false;
    });
    client.on('close', () => {
      if (wasReady && !wasLost && !isClosed) {
        wasLost = true;
        onChange();
      }
    });
    return client;
  };

  /** One wait serves all commands that come while the client connects. */
  const ready = (redis: Redis): Promise<void> => {
    readiness ??= becomeReady(redis).finally(() => {
      readiness = undefined;
    });
    return readiness;
  };

  const becomeReady = (redis: Redis): Promise<void> =>
    new Promise((resolve, reject) => {
      lastError = undefined;
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        redis.off('ready', onReady).off('close', onClose).off('end', onClose);
        settle();
      };
      const errorOf = (what: string): BackendError =>
        lastError === undefined ? unavailable(what, false) : toBackendError(lastError, false);
      const fail = (what: string): void => end(() => reject(errorOf(what)));
      const onReady = (): void => {
        if (isReply(lastError)) {
          fail('the server refused the connection');
        } else {
          wasReady = true;
          end(resolve);
        }
      };
      const onClose = (): void => {
        const isSilent = redis.stream.bytesRead === 0 && !isOfCertificate(lastError);
        if (!wasReady && isConnected && isSilent) onSilentClose();
        else fail('the connection was closed');
      };
      const onSilentClose = (): void =>
        end(() => {
          void silentClose(address, commandTimeoutMs, lastError).then(reject);
        });
      const onTimeout = (): void => {
        // A server without TLS waits for the rest of what it takes for a command.
        const isWithoutTls = address.tls !== undefined && !isConnected && !redis.stream.connecting;
        const why = isWithoutTls ? '; it does not reply to TLS, and perhaps has none' : '';
        fail(`not ready in ${commandTimeoutMs} ms${why}`);
        redis.disconnect(true);
      };
      const timer = setTimeout(onTimeout, commandTimeoutMs);
      stopWaiting = () => fail('the backend is closed');
      redis.on('ready', onReady).on('close', onClose).on('end', onClose);
      if (redis.status === 'wait') redis.connect().catch(() => {});
    });

  return {
    name,
    run(command) {
      if (isClosed) return Promise.reject(unavailable('the backend is closed', false));
      const redis = open();
      // A connection without replies may be dead without knowing it: open a new one.
      const reconnect = () => {
        if (mustLeave()) redis.disconnect(true);
      };
      const run = () => exchange(() => command(redis), redis, commandTimeoutMs, reconnect);
      return redis.status === 'ready' ? run() : ready(redis).then(run);
    },
    async close() {
      isClosed = true;
      client?.disconnect();
      // A client that was between two attempts says nothing of its end.
      stopWaiting();
      client?.removeAllListeners('error').on('error', () => {});
    },
  };
}

/** Why a server closed a connection without a word; found by asking it again. */
async function silentClose(
  address: ServerAddress,
  commandTimeoutMs: number,
  lastError: unknown,
): Promise<BackendError> {
  const problem = address.tls && (await certificateProblem(address, commandTimeoutMs));
  if (problem !== undefined) return toBackendError(problem, false);
  if (await isPostgres(address, commandTimeoutMs)) return notRedis('this is a PostgreSQL server');
  const what = 'the server closed the connection without a word; perhaps it wants TLS, or has none';
  return unavailable(what, false, lastError);
}

/** Node says so when the other side took the connection, and ended it instead of speaking TLS. */
function isHandshakeCutOff(error: unknown): boolean {
  return partsOf(error).message.includes('before secure TLS connection');
}
