import type { Socket } from 'node:net';
import type { BackendError } from '@sluice/core';
import { Redis } from 'ioredis';
import { isReply, notRedis, partsOf, toBackendError, unavailable } from './errors.js';
import { isPostgres } from './postgres-probe.js';
import type { RedisUrl } from './url.js';

/** What the backend needs of a client: an ioredis `Redis` has it, and so has the mock of `@sluice/testing`. */
export interface RedisClient {
  evalsha(sha1: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(source: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  smembers(key: string): Promise<string[]>;
  info(): Promise<string>;
  config(subcommand: 'GET', setting: string): Promise<unknown>;
  /** The socket, once there is one. */
  readonly stream?: Pick<Socket, 'bytesRead' | 'writableCorked' | 'cork' | 'uncork'> | undefined;
}

/** A connection whose calls settle in bounded time, and always fail with a `BackendError`. */
export interface Connection {
  run<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A client that the user made, with any settings, and closes. */
export function borrowedConnection(client: RedisClient, commandTimeoutMs: number): Connection {
  return {
    run: (command) => answerInTime(send(command, client), client, commandTimeoutMs, () => {}),
    close: async () => {},
  };
}

/**
 * A connection of our own. The client repeats nothing and queues nothing while it is not connected: the caller
 * repeats, and needs to know whether a command can have been sent.
 */
export function ownConnection(address: RedisUrl, commandTimeoutMs: number): Connection {
  let client: Redis | undefined;
  let lastError: unknown;
  let readiness: Promise<void> | undefined;
  let wasReady = false;
  let isConnected = false;

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
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
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
    });
    client.on('connect', () => {
      isConnected = true;
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
        if (!wasReady && isConnected && redis.stream.bytesRead === 0) onSilentClose();
        else fail('the connection was closed');
      };
      const onSilentClose = (): void =>
        end(() => {
          void isPostgres(address, commandTimeoutMs).then((found) =>
            reject(
              found
                ? notRedis('this is a PostgreSQL server')
                : unavailable(
                    'the server closed the connection without a word; perhaps it wants TLS, or has none',
                    false,
                    lastError,
                  ),
            ),
          );
        });
      const onTimeout = (): void => {
        fail(`not ready in ${commandTimeoutMs} ms`);
        redis.disconnect(true);
      };
      const timer = setTimeout(onTimeout, commandTimeoutMs);
      redis.on('ready', onReady).on('close', onClose).on('end', onClose);
      if (redis.status === 'wait') redis.connect().catch(() => {});
      else if (redis.status === 'end') fail('the backend is closed');
    });

  return {
    run(command) {
      const redis = open();
      // A connection without replies may be dead without knowing it: open a new one.
      const reconnect = () => redis.disconnect(true);
      const run = () => answerInTime(send(command, redis), redis, commandTimeoutMs, reconnect);
      return redis.status === 'ready' ? run() : ready(redis).then(run);
    },
    async close() {
      client?.disconnect();
      client?.removeAllListeners('error').on('error', () => {});
    },
  };
}

// How many times the timeout a reply may take in all, while more of it keeps coming.
const MOST_WAITS = 12;

/** Waits for a reply. A large one may take longer than the timeout, as long as bytes arrive. */
function answerInTime<T>(
  reply: Promise<T>,
  client: RedisClient,
  timeoutMs: number,
  onTimeout: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout;
    const wait = (waits: number, seen: number | undefined): void => {
      timer = setTimeout(() => {
        const read = client.stream?.bytesRead;
        if (read !== seen && waits < MOST_WAITS) return wait(waits + 1, read);
        reject(unavailable(`no reply in ${timeoutMs} ms`, true));
        onTimeout();
      }, timeoutMs);
    };
    wait(1, client.stream?.bytesRead);
    reply.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(toBackendError(error, !isUnsent(error)));
      },
    );
  });
}

/** Sends a command. What is sent in one tick leaves together: a packet for each command would wake the server as often. */
function send<T>(command: (client: RedisClient) => Promise<T>, client: RedisClient): Promise<T> {
  const { stream } = client;
  if (stream !== undefined && stream.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  return command(client);
}

/** Node says so when the other side took the connection, and ended it instead of speaking TLS. */
function isHandshakeCutOff(error: unknown): boolean {
  return partsOf(error).message.includes('before secure TLS connection');
}

/** ioredis says so when it did not take a command. */
function isUnsent(error: unknown): boolean {
  return /^(Stream isn't writeable|Connection in subscriber mode)/.test(partsOf(error).message);
}
