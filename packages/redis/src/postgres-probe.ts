import { connect } from 'node:net';
import type { Place } from './address.js';

/** The question of its own protocol that every PostgreSQL server replies to, before anybody logs in: whether it has TLS. */
const SSL_REQUEST = /* @__PURE__ */ Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

/**
 * Whether the server at an address is a PostgreSQL server. It closes the connections of a Redis client without a word,
 * as a proxy does whose Redis server is away: only asking tells the two apart. Never rejects.
 *
 * PostgreSQL replies at once. Redis, which may be back by now, waits for the rest of the question, and the caller
 * with it: hence the short time.
 */
export function isPostgres({ host, port }: Place, commandTimeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reply?: Uint8Array): void => {
      socket.destroy();
      resolve(reply?.length === 1 && (reply[0] === YES || reply[0] === NO));
    };
    socket.setTimeout(Math.min(commandTimeoutMs, LONGEST_WAIT_MS), () => end());
    socket.on('error', () => end()).on('close', () => end());
    socket.on('data', end).on('connect', () => socket.write(SSL_REQUEST));
  });
}

const LONGEST_WAIT_MS = 500;
const YES = 0x53; // S
const NO = 0x4e; // N
