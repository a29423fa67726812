import type { BackendError } from '@sluice/core';
import { type Place, placeOf } from './address.js';
import { isReply, notRedis, partsOf } from './errors.js';

/** Which master has each slot of a cluster. */
export type Slots = (Place | undefined)[];

/** How many slots a Redis Cluster has. */
export const SLOTS = 16_384;

/**
 * Reads the reply to `CLUSTER SLOTS`.
 * @param asked the node that replied, which may leave out its host
 */
export function slotsOf(reply: unknown, asked: Place): Slots {
  const slots: Slots = [];
  for (const range of listOf(reply)) {
    const [first, last, master] = listOf(range);
    if (!isSlot(first) || !isSlot(last)) throw notSlots();
    const [host, port] = master === undefined ? [] : listOf(master);
    const place = placeOf(hostOf(host, asked), port);
    if (place === undefined) continue;
    for (let slot = first; slot <= last; slot += 1) slots[slot] = place;
  }
  return slots;
}

function isSlot(part: unknown): part is number {
  return Number.isInteger(part) && 0 <= Number(part) && Number(part) < SLOTS;
}

function listOf(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw notSlots();
  return reply;
}

function notSlots(): BackendError {
  return notRedis('CLUSTER SLOTS should reply with a list of slots and their nodes, and does not');
}

/** Where a node of a cluster sends a command. */
export interface Redirection {
  readonly place: Place;
  /** For this command only: the slot is on its way to there. */
  readonly isForOnce: boolean;
}

/** What an error says of where to send its command; `undefined` if nothing. */
export function redirectionOf(error: unknown, asked: Place): Redirection | undefined {
  const { cause } = Object(error) as { cause?: unknown };
  if (!isReply(cause)) return undefined;
  const found = /^(MOVED|ASK) \d+ (\S*):(\d+)$/.exec(partsOf(cause).message);
  if (found === null) return undefined;
  const [, word, host, port] = found;
  const place = placeOf(hostOf(host, asked), port);
  return place && { place, isForOnce: word === 'ASK' };
}

/** A node that does not know its own host leaves it out: it is the one that was asked. */
function hostOf(host: unknown, asked: Place): unknown {
  return host === '' || host === '?' || host === null || host === undefined ? asked.host : host;
}
