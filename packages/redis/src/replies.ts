import { BackendError } from '@sluice/core';
import {
  type AddResult,
  type ClaimResult,
  type CorruptEntry,
  CorruptEntryError,
  leaseToken,
  MAX_PARTITIONS,
  type Refusal,
  type StoredDeadLetter,
  type StoredEntry,
  unpack,
} from '@sluice/core/backend';

/** What the scripts reply, as the backend interface has it. */

export function addResult(reply: unknown): AddResult {
  checkReply(reply, ['applied', 'duplicate', 'gap']);
  const [status, epoch, rest] = reply as ['applied' | 'duplicate', string, string] | ['gap', string, number];
  if (status === 'gap') return { status, epoch, last: Number(rest) };
  return { status, epoch, refused: rest === '[]' ? [] : (JSON.parse(String(rest)) as Refusal[]) };
}

export function claimResult(reply: unknown, token: string): ClaimResult {
  checkReply(reply, ['leased', 'empty', 'busy']);
  const [status, ...rest] = reply as [string, ...unknown[]];
  if (status === 'empty') return { status };
  if (status === 'busy') return { status, forMs: Number(rest[0]) };
  const [id, attempt, remaining, payload] = rest as [string, number, number, string | null];
  if (typeof payload !== 'string') throw corruptBatch(id);
  const batch = { id, attempt: Number(attempt), remaining: Number(remaining), entries: entriesOf(payload) };
  return { status: 'leased', leaseToken: leaseToken(id, token), batch };
}

/** The id and letter of each dead letter in turn. */
export function deadLettersOf(reply: unknown): StoredDeadLetter[] {
  const parts = reply as string[];
  const letters: StoredDeadLetter[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const [key = '', packed = '', reason = '', attempts, at] = (parts[i + 1] ?? '').split('\n');
    letters.push({
      id: parts[i] as string,
      entry: entryOf(key, packed),
      reason: reasonOf(reason),
      attempts: Number(attempts ?? 0),
      buriedAt: Number(at ?? 0),
    });
  }
  return letters;
}

/** The members of the set of partitions; Sluice did not write a member that is not a partition. */
export function partitionsOf(members: readonly string[]): number[] {
  const valid = members.filter((member) => /^\d{1,4}$/.test(member) && Number(member) < MAX_PARTITIONS);
  return valid.map(Number).sort((a, b) => a - b);
}

function reasonOf(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return 'The dead letter is unreadable.';
  }
}

/** The reply may come from something that is not Redis: even an echo server speaks the protocol. */
function checkReply(reply: unknown, expected: readonly string[]): void {
  const first: unknown = Array.isArray(reply) ? reply[0] : undefined;
  if (typeof first === 'string' && expected.includes(first)) return;
  throw new BackendError(
    'ERR_SLUICE_BACKEND_PROTOCOL',
    `Redis: a script's reply should begin with ${expected.join(', ')}, and does not. The server at this address is not a Redis server.`,
    { retryable: false, outcome: 'unknown' },
  );
}

function corruptBatch(id: string): BackendError {
  return new BackendError(
    'ERR_SLUICE_BACKEND_CORRUPT',
    `Redis: the batch ${id.slice(0, 80)} has no payload; its hash was changed by another program. Look at the partition's "batch" key.`,
    { retryable: false, outcome: 'refused' },
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
