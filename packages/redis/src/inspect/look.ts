import { BackendError } from '@sluice/core';
import type { Server } from '../connection.js';
import type { Durability } from '../durability.js';
import { isReply, notRedis } from '../errors.js';

/** A server that is looked at. */
export interface Look {
  readonly server: Server;
  readonly info: Readonly<Record<string, string>>;
  /** How far its clock is ahead of this process's, in milliseconds; left out where it does not say. */
  readonly clockSkewMs: number | undefined;
  /** How far that may be off. */
  readonly clockErrorMs: number;
  readonly isCluster: boolean;
  readonly durability: Durability | undefined;
}

/** What does not come from the server. */
export type Surroundings = Pick<Look, 'isCluster' | 'durability'>;

export async function lookAt(server: Server, surroundings: Surroundings): Promise<Look> {
  const before = Date.now();
  const text: unknown = await server.run((client) => client.info());
  const after = Date.now();
  if (typeof text !== 'string') throw notRedis('INFO should reply with text, and does not');
  const info = parseInfo(text);
  const micros = Number(info.server_time_usec);
  return {
    ...surroundings,
    server,
    info,
    clockSkewMs: micros > 0 ? micros / 1000 - (before + after) / 2 : undefined,
    clockErrorMs: (after - before) / 2,
  };
}

/** Messages quote some values. */
const LONGEST_VALUE = 200;

function parseInfo(text: string): Look['info'] {
  const lines = text.split(/\r?\n/).map((line) => line.split(':') as [string, ...string[]]);
  return Object.fromEntries(lines.map(([name, ...value]) => [name, value.join(':').slice(0, LONGEST_VALUE)]));
}

/** A server's setting, or `undefined` where the user may not read it. */
export async function setting({ server }: Pick<Look, 'server'>, name: string): Promise<string | undefined> {
  try {
    const reply: unknown = await server.run((client) => client.config('GET', name));
    const value: unknown = Array.isArray(reply) ? reply[1] : Reflect.get(Object(reply), name);
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    // Managed servers hide CONFIG, in words of their own; what it would say is then unknown.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** Whether a server replied that it would not do as it was asked. */
export function isRefusal(error: unknown): error is BackendError {
  return error instanceof BackendError && isReply(error.cause);
}
