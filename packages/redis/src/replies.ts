import { BackendError, type PartitionStats } from '@sluice/core';
import {
  type AddResult,
  type BatchStats,
  type ClaimResult,
  type CorruptEntry,
  CorruptEntryError,
  type Joined,
  leaseToken,
  MAX_PARTITIONS,
  type Refusal,
  type StoredDeadLetter,
  type StoredEntry,
  type StoredSums,
  unpack,
} from '@sluice/core/backend';

/** What the scripts reply, as the backend interface has it. */

export function joinedOf(reply: unknown): Joined {
  const [producer, epoch, position] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (typeof producer !== 'string' || typeof epoch !== 'string' || !Number.isSafeInteger(position)) {
    throw notRedis('a producer, an epoch and a position');
  }
  return { producer, epoch, position: Number(position) };
}

export function addResult(reply: unknown): AddResult {
  if (typeof reply === 'number') return { status: 'applied', position: reply, refused: [] };
  const [status, ...rest] = statusReply(reply, ['applied', 'duplicate', 'conflict', 'gap', 'unknown']);
  if (status === 'conflict') return { status };
  if (status === 'gap') return { status, last: Number(rest[0]), position: Number(rest[1]) };
  if (status === 'unknown') return { status, epoch: String(rest[0]), floor: Number(rest[1]) };
  const refused = rest[1] === '[]' ? [] : (JSON.parse(String(rest[1])) as Refusal[]);
  return { status, position: Number(rest[0]), refused };
}

export function claimResult(reply: unknown, token: string): ClaimResult {
  const [status, ...rest] = statusReply(reply, ['leased', 'empty', 'busy']);
  if (status === 'empty') return { status };
  if (status === 'busy') return { status, forMs: Number(rest[0]) };
  const [id, payload] = [String(rest[0]), String(rest[5])];
  const [attempt, failures, ageMs, remaining] = rest.slice(1, 5).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const batch = { id, attempt, failures, ageMs, remaining, entries: entriesOf(payload) };
  return { status, leaseToken: leaseToken(id, token), batch };
}

/** How many of a list a script came to, and what it replied for these. */
export function stepOf(reply: unknown): [number, unknown[]] {
  const [done, some] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (!(Number(done) > 0) || !Array.isArray(some)) throw notRedis('how far it came');
  return [Number(done), some as unknown[]];
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

/** A partition's counts and its batch, if there is one; `null` if it was never used. */
export function statsOf(partition: number, reply: unknown): PartitionStats[] {
  if (reply === null) return [];
  const [pending, claimed, dead, oldestPendingMs, ...batch] = reply as [
    number,
    number,
    number,
    number,
    ...unknown[],
  ];
  const counts = { partition, pending, claimed, dead, oldestPendingMs };
  return [batch.length === 0 ? counts : { ...counts, batch: batchStats(batch) }];
}

function batchStats(reply: readonly unknown[]): BatchStats {
  const [id, ageMs, attempt, failures, isLeased, dueInMs, lastError, failingForMs] = reply as [
    string,
    ...number[],
  ];
  const stats = {
    id,
    ageMs: Number(ageMs),
    attempt: Number(attempt),
    failures: Number(failures),
    isLeased: isLeased === 1,
    dueInMs: Number(dueInMs),
  };
  return lastError === undefined
    ? stats
    : { ...stats, lastError: String(lastError), failingForMs: Number(failingForMs) };
}

/** The ids of dead letters, and the letters. */
export function deadLettersOf(reply: unknown): StoredDeadLetter[] {
  const [ids, letters] = reply as [string[], (string | null)[]];
  return ids.map((id, i) => {
    const [key = '', packed = '', reason = '', attempts, at] = (letters[i] ?? '').split('\n');
    return {
      id,
      entry: entryOf(key, packed),
      reason: reasonOf(reason),
      attempts: Number(attempts ?? 0),
      buriedAt: Number(at ?? 0),
    };
  });
}

/** The members of the set of partitions; Sluice did not write a member that is not a partition. */
export function partitionsOf(members: readonly string[]): number[] {
  return numbersOf(members).filter((partition) => partition < MAX_PARTITIONS);
}

/** The members of the set of numbers of partitions. */
export function partitionCountsOf(members: readonly string[]): number[] {
  return numbersOf(members).filter((count) => count > 0 && count <= MAX_PARTITIONS);
}

function numbersOf(members: readonly string[]): number[] {
  return members
    .filter((member) => /^\d{1,4}$/.test(member))
    .map(Number)
    .sort((a, b) => a - b);
}

function reasonOf(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return 'The dead letter is unreadable.';
  }
}

/** Checks what a reply begins with. It may come from something that is not Redis: even an echo server speaks the protocol. */
function statusReply<S extends string>(reply: unknown, expected: readonly S[]): [S, ...unknown[]] {
  const [first, ...rest] = Array.isArray(reply) ? (reply as unknown[]) : [];
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

/** A line for each target key and each packed entry in turn. */
function entriesOf(payload: string): (StoredEntry | CorruptEntry)[] {
  const lines = payload.split('\n');
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
