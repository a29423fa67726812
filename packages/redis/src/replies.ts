import { BackendError, type PartitionStats } from '@sluice/core';
import {
  type AddResult,
  type BatchStats,
  type ClaimResult,
  type CorruptEntry,
  CorruptEntryError,
  type Joined,
  leaseToken,
  MAX_BATCH_SIZE,
  type Refusal,
  type StoredDeadLetter,
  type StoredEntry,
  type StoredSums,
  unpack,
} from '@sluice/core/backend';

/**
 * What the scripts reply, as the backend interface has it. It may come from something that is not Redis, as even an echo
 * server speaks the protocol; and what it quotes, from another program that wrote to a key.
 */

export function joinedOf(reply: unknown): Joined {
  const [producer, epoch, position] = listOf(reply, 'a producer, an epoch and a position');
  if (typeof producer !== 'string' || typeof epoch !== 'string' || !Number.isSafeInteger(position)) {
    throw notRedis('a producer, an epoch and a position');
  }
  return { producer, epoch, position: Number(position) };
}

/** The replies to writes that went together. */
export function writeReplies(reply: unknown): readonly unknown[] {
  return listOf(reply, 'a list');
}

/** @param targets how many entries the write has */
export function addResult(reply: unknown, targets: number): AddResult {
  if (typeof reply === 'number') return { status: 'applied', position: numberOf(reply), refused: [] };
  const [status, ...rest] = statusReply(reply, ['applied', 'duplicate', 'conflict', 'gap', 'unknown']);
  if (status === 'conflict') return { status };
  if (status === 'gap') return { status, last: numberOf(rest[0]), position: numberOf(rest[1]) };
  if (status === 'unknown') return { status, epoch: textOf(rest[0]), floor: numberOf(rest[1]) };
  return { status, position: numberOf(rest[0]), refused: refusalsOf(textOf(rest[1]), targets) };
}

/** Redis keeps them in the record of a producer, for repeats of its write. */
function refusalsOf(text: string, targets: number): readonly Refusal[] {
  if (text === '[]') return [];
  const refusals = parsed(text);
  const isRefusal = ({ index, reason, field = '' }: Partial<Refusal>): boolean =>
    Number.isInteger(index) &&
    0 <= Number(index) &&
    Number(index) < targets &&
    (reason === 'overflow' || reason === 'corrupt') &&
    typeof field === 'string';
  if (Array.isArray(refusals) && refusals.every((each) => isRefusal(Object(each)))) return refusals;
  throw corrupt('the record of a write says something unreadable of what was refused');
}

export function claimResult(reply: unknown, token: string): ClaimResult {
  const [status, ...rest] = statusReply(reply, ['leased', 'empty', 'busy']);
  if (status === 'empty') return { status };
  if (status === 'busy') return { status, forMs: numberOf(rest[0]) };
  const [id, attempt, failures, ageMs, remaining, payload] = rest;
  const batch = {
    id: textOf(id),
    attempt: numberOf(attempt),
    failures: numberOf(failures),
    ageMs: numberOf(ageMs),
    remaining: numberOf(remaining),
    entries: entriesOf(textOf(payload)),
  };
  return { status, leaseToken: leaseToken(batch.id, token), batch };
}

/** How many of a list a script came to, and what it replied for these. */
export function stepOf(reply: unknown): [number, unknown[]] {
  const [done, some] = listOf(reply, 'how far it came');
  if (!(Number(done) > 0)) throw notRedis('how far it came');
  return [Number(done), listOf(some, 'how far it came')];
}

/**
 * The pending entry and the claimed one of each target in turn.
 * @throws CorruptEntryError
 */
export function sumsOf(held: readonly unknown[]): StoredSums[] {
  const sums: StoredSums[] = [];
  for (let i = 0; i < held.length; i += 2) {
    const [pending, claimed] = [held[i], held[i + 1]].map((text) =>
      typeof text === 'string' ? unpack(text) : undefined,
    );
    sums.push({ pending, claimed });
  }
  return sums;
}

/** Ids of dead letters that the call was for. */
export function idsOf(reply: unknown): string[] {
  return listOf(reply, 'ids').map(textOf);
}

/** A partition's counts and its batch, if there is one; `null` if it was never used. */
export function statsOf(partition: number, node: string | undefined, reply: unknown): PartitionStats[] {
  if (reply === null) return [];
  const [pending, claimed, dead, oldestPendingMs, added, taken, ...batch] = listOf(reply, 'counts');
  const counts = {
    partition,
    ...(node && { node }),
    pending: numberOf(pending),
    claimed: numberOf(claimed),
    dead: numberOf(dead),
    oldestPendingMs: numberOf(oldestPendingMs),
    added: numberOf(added),
    taken: numberOf(taken),
  };
  return [batch.length === 0 ? counts : { ...counts, batch: batchStats(batch) }];
}

function batchStats(reply: readonly unknown[]): BatchStats {
  const [id, ageMs, attempt, failures, isLeased, dueInMs, worker, leasedForMs, lastError, failingForMs] =
    reply;
  return {
    id: textOf(id),
    ageMs: numberOf(ageMs),
    attempt: numberOf(attempt),
    failures: numberOf(failures),
    isLeased: isLeased === 1,
    dueInMs: numberOf(dueInMs),
    ...(worker !== null && { worker: textOf(worker), leasedForMs: numberOf(leasedForMs) }),
    ...(lastError !== undefined && { lastError: textOf(lastError), failingForMs: numberOf(failingForMs) }),
  };
}

/** The ids of dead letters, and the letters. */
export function deadLettersOf(reply: unknown): StoredDeadLetter[] {
  const [ids, letters] = listOf(reply, 'ids and letters');
  const texts = listOf(letters, 'ids and letters');
  return idsOf(ids).map((id, i) => deadLetterOf(id, texts[i]));
}

function deadLetterOf(id: string, letter: unknown): StoredDeadLetter {
  const [key = '', packed = '', reason = '', attempts, at] = (typeof letter === 'string' ? letter : '').split(
    '\n',
  );
  return {
    id,
    entry: entryOf(key, packed),
    reason: reasonOf(reason),
    attempts: countOf(attempts),
    buriedAt: countOf(at, LAST_DATE),
  };
}

function reasonOf(text: string): string {
  const reason = parsed(text);
  return typeof reason === 'string' ? reason : 'The dead letter is unreadable.';
}

const LAST_DATE = 8.64e15;

/** A number in a text that Sluice wrote; 0 in any other one. */
function countOf(text: string | undefined, most = Number.MAX_SAFE_INTEGER): number {
  const isOne = text !== undefined && /^\d{1,16}$/.test(text) && Number(text) <= most;
  return isOne ? Number(text) : 0;
}

/** Parsed JSON; `undefined` if it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listOf(reply: unknown, expected: string): unknown[] {
  if (!Array.isArray(reply)) throw notRedis(expected);
  return reply;
}

function textOf(part: unknown): string {
  if (typeof part !== 'string') throw notRedis('what it says, as text');
  return part;
}

function numberOf(part: unknown): number {
  if (typeof part !== 'number' || !Number.isFinite(part)) throw notRedis('what it says, with numbers');
  return part;
}

/** Checks what a reply begins with. */
function statusReply<S extends string>(reply: unknown, expected: readonly S[]): [S, ...unknown[]] {
  const [first, ...rest] = listOf(reply, expected.join(', '));
  const status = expected.find((word) => word === first);
  if (status === undefined) throw notRedis(expected.join(', '));
  return [status, ...rest];
}

function notRedis(expected: string): BackendError {
  return new BackendError(
    'ERR_SLUICE_BACKEND_PROTOCOL',
    `Redis: a script's reply should begin with ${expected}, and does not. The server at this address is not a Redis server.`,
    { retryable: false, outcome: 'unknown' },
  );
}

function corrupt(what: string): BackendError {
  return new BackendError(
    'ERR_SLUICE_BACKEND_CORRUPT',
    `Redis: ${what}. If another program changed it, look at the keys of the partition.`,
    { retryable: false, outcome: 'unknown' },
  );
}

/** A line for each target key and each packed entry in turn. */
function entriesOf(payload: string): (StoredEntry | CorruptEntry)[] {
  const lines = payload.split('\n', 2 * MAX_BATCH_SIZE + 1);
  if (lines.length > 2 * MAX_BATCH_SIZE) throw corrupt('the batch has more entries than anybody asks for');
  if (lines.length % 2 === 1) throw corrupt('the batch has a payload that is cut off');
  const entries: (StoredEntry | CorruptEntry)[] = [];
  for (let i = 0; i < lines.length; i += 2) entries.push(entryOf(lines[i] as string, lines[i + 1] as string));
  return entries;
}

function entryOf(key: string, packed: string): StoredEntry | CorruptEntry {
  try {
    return { key, fields: unpack(packed) };
  } catch (error) {
    if (error instanceof CorruptEntryError) return { key, corrupt: error.message };
    throw error;
  }
}
