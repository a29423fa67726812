import type { Backend, Clock, PartitionStats, Validation } from '@sluice/core';
import {
  type AddResult,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  CorruptEntryError,
  deadLetterId,
  type Fields,
  leaseToken,
  merge,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  OverflowError,
  option,
  optionsOf,
  PRODUCER_LIFETIME_MS,
  type Refusal,
  type StoredDeadLetter,
  type StoredEntry,
  type Write,
} from '@sluice/core/backend';

/** What {@link memory} takes. */ import type {
  BatchState,
  MemorySnapshot,
  PartitionState,
} from './partition-state.js';

export interface MemoryOptions {
  /** For tests: the clock of leases and delays. By default the system's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * A backend on Maps: for unit tests, and for a single process that can afford to lose what is pending. Deterministic:
 * time comes from `clock`, ids and tokens come from the buffers, and everything happens in the order of the calls.
 */
export interface MemoryBackend extends Backend {
  /** Copies the whole state, deeply. */
  snapshot(): MemorySnapshot;
  /** Goes back to a snapshot, as a server does that restarts from an older copy of its data. */
  restore(snapshot: MemorySnapshot): void;
}

/**
 * Makes an empty memory backend. What it holds outlives `close()`, so that a test can look at it.
 *
 * @example
 * ```ts
 * import { memory } from '@sluice/memory';
 * import { manualClock, recordingSink } from '@sluice/testing';
 *
 * const clock = manualClock();
 * const buffer = createBuffer({ backend: memory({ clock }), sink: recordingSink(), clock });
 * ```
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function memory(options: MemoryOptions = {}): MemoryBackend {
  mustBePlainObject(optionsOf('memory()'), options);
  mustBeKnown(optionsOf('memory()'), options, ['clock']);
  const { clock = { now: () => Date.now() } } = options;
  mustHaveMethods(option('clock', 'memory()'), clock, ['now']);
  return new Memory(clock);
}

class Memory implements MemoryBackend {
  readonly name = 'memory';
  readonly #clock: Pick<Clock, 'now'>;
  #partitions = new Map<number, PartitionState>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  async add(write: Write): Promise<AddResult> {
    const now = this.#clock.now();
    const state = this.#partitions.get(write.partition) ?? newPartition(write.newEpoch);
    const { epoch } = state;
    const known = state.producers.get(write.producer);
    const last = known !== undefined && known.expiresAt > now ? known.number : 0;
    if (write.number <= last) {
      return {
        status: 'duplicate',
        epoch,
        refused: write.number === last && known ? [...known.refused] : [],
      };
    }
    if (write.number !== last + 1) {
      return { status: 'gap', epoch: this.#partitions.has(write.partition) ? epoch : '', last };
    }
    this.#partitions.set(write.partition, state);
    const refused = write.entries.flatMap((entry, index) => addPending(state, entry, index, now));
    // Deleted and set again, so that the Map is in the order of last use, and what expired is in front.
    state.producers.delete(write.producer);
    forgetIdleProducers(state, now);
    state.producers.set(write.producer, {
      number: write.number,
      refused,
      expiresAt: now + PRODUCER_LIFETIME_MS,
    });
    return { status: 'applied', epoch, refused: [...refused] };
  }

  async claim(
    partition: number,
    { size, leaseMs, batchIdPrefix, claimToken }: ClaimRequest,
  ): Promise<ClaimResult> {
    const state = this.#partitions.get(partition);
    if (state === undefined) return { status: 'empty' };
    const now = this.#clock.now();
    if (state.batch === undefined) {
      if (state.pending.size === 0) return { status: 'empty' };
      state.batches += 1;
      const entries = takePending(state, size);
      const id = `${batchIdPrefix}-${state.batches}`;
      state.batch = { id, entries, claimToken, attempt: 1, dueAt: now + leaseMs };
    } else if (state.batch.claimToken !== claimToken) {
      if (state.batch.dueAt > now) return { status: 'busy', forMs: state.batch.dueAt - now };
      state.batch.claimToken = claimToken;
      state.batch.attempt += 1;
      state.batch.dueAt = now + leaseMs;
    }
    const { attempt, entries } = state.batch;
    const batch = {
      id: state.batch.id,
      attempt,
      entries: entries.map(copyEntry),
      remaining: state.pending.size,
    };
    return { status: 'leased', leaseToken: leaseToken(batch.id, claimToken), batch };
  }

  async renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    const batch = this.#partitions.get(partition)?.batch;
    if (batch === undefined || !holds(batch, token)) return false;
    batch.dueAt = this.#clock.now() + leaseMs;
    return true;
  }

  async ack(partition: number, token: string): Promise<boolean> {
    return this.#settle(partition, token, (state) => {
      state.batch = undefined;
    });
  }

  async nack(partition: number, token: string, delayMs: number): Promise<boolean> {
    return this.#settle(partition, token, (_, batch) => {
      batch.claimToken = undefined;
      batch.dueAt = this.#clock.now() + delayMs;
    });
  }

  async bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    return this.#settle(partition, token, (state, batch) => {
      const buriedAt = this.#clock.now();
      for (const { index, reason } of burials) {
        const id = deadLetterId(batch.id, index);
        const entry = batch.entries[index] as StoredEntry;
        state.dead.set(id, { id, entry, reason, attempts: batch.attempt, buriedAt });
      }
      state.batch = undefined;
    });
  }

  async read(partition: number, key: string): Promise<Fields | undefined> {
    const fields = this.#partitions.get(partition)?.pending.get(key);
    return fields && { ...fields };
  }

  async partitions(): Promise<number[]> {
    return this.#inOrder().flatMap(([partition, { pending, batch }]) =>
      pending.size > 0 || batch !== undefined ? [partition] : [],
    );
  }

  async stats(): Promise<PartitionStats[]> {
    const now = this.#clock.now();
    return this.#inOrder().map(([partition, { pending, batch, dead }]) => {
      const [oldest] = pending.values();
      return {
        partition,
        pending: pending.size,
        claimed: batch?.entries.length ?? 0,
        dead: dead.size,
        oldestPendingMs: oldest === undefined ? 0 : Math.max(0, now - Number(oldest['@'])),
      };
    });
  }

  async deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    const dead = [...(this.#partitions.get(partition)?.dead.values() ?? [])];
    dead.sort((a, b) => a.buriedAt - b.buriedAt || (a.id < b.id ? -1 : 1));
    return dead.slice(offset, offset + limit).map(copyOf);
  }

  async redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    const state = this.#partitions.get(partition);
    return ids.filter((id) => {
      const entry = state?.dead.get(id)?.entry as StoredEntry | undefined;
      if (state === undefined || entry === undefined || !isReadable(entry)) return false;
      if (addPending(state, entry, 0, this.#clock.now()).length > 0) return false;
      return state.dead.delete(id);
    });
  }

  async discard(partition: number, ids: readonly string[]): Promise<string[]> {
    return ids.filter((id) => this.#partitions.get(partition)?.dead.delete(id));
  }

  async validate(): Promise<Validation> {
    return {
      durability: 'none',
      advice: ['The memory backend keeps pending increments in this process: they end with it.'],
    };
  }

  async close(): Promise<void> {}

  snapshot(): MemorySnapshot {
    return structuredClone(Object.fromEntries(this.#inOrder()));
  }

  restore(snapshot: MemorySnapshot): void {
    const entries = Object.entries(structuredClone(snapshot));
    this.#partitions = new Map(entries.map(([partition, state]) => [Number(partition), state]));
  }

  #inOrder(): [number, PartitionState][] {
    return [...this.#partitions].sort(([a], [b]) => a - b);
  }

  /** Ends a lease if the token holds it. Returns `true` again to the token of the last settlement. */
  #settle(
    partition: number,
    token: string,
    end: (state: PartitionState, batch: BatchState) => void,
  ): boolean {
    const state = this.#partitions.get(partition);
    if (state?.batch === undefined || !holds(state.batch, token)) return state?.settledBy === token;
    end(state, state.batch);
    state.settledBy = token;
    return true;
  }
}

// `structuredClone` would make objects of another realm in a test that runs in a vm context, as Jest's do.
function copyOf({ entry, ...letter }: StoredDeadLetter): StoredDeadLetter {
  return { ...letter, entry: 'fields' in entry ? { ...entry, fields: { ...entry.fields } } : { ...entry } };
}

function holds({ id, claimToken }: BatchState, held: string): boolean {
  return claimToken !== undefined && leaseToken(id, claimToken) === held;
}

function newPartition(epoch: string): PartitionState {
  return {
    epoch,
    pending: new Map(),
    batch: undefined,
    batches: 0,
    settledBy: undefined,
    dead: new Map(),
    producers: new Map(),
  };
}

function forgetIdleProducers({ producers }: PartitionState, now: number): void {
  for (const [id, { expiresAt }] of producers) {
    if (expiresAt > now) return;
    producers.delete(id);
  }
}

/** Merges an entry into the pending ones, or returns why not. */
function addPending(
  state: PartitionState,
  { key, fields }: StoredEntry,
  index: number,
  now: number,
): Refusal[] {
  const existing = state.pending.get(key);
  if (existing === undefined) {
    state.pending.set(key, { '@': now, ...fields });
    return [];
  }
  try {
    merge(existing, fields);
    return [];
  } catch (error) {
    if (error instanceof OverflowError) return [{ index, reason: 'overflow', field: error.field }];
    if (error instanceof CorruptEntryError) return [{ index, reason: 'corrupt' }];
    throw error;
  }
}

function isReadable({ fields }: StoredEntry): boolean {
  try {
    merge({}, fields);
    return true;
  } catch {
    return false;
  }
}

/** Takes the first `size` entries out of the pending ones. */
function takePending({ pending }: PartitionState, size: number): StoredEntry[] {
  const taken: StoredEntry[] = [];
  for (const [key, fields] of pending) {
    if (taken.length === size) break;
    taken.push({ key, fields });
    pending.delete(key);
  }
  return taken;
}

function copyEntry({ key, fields }: StoredEntry): StoredEntry {
  return { key, fields: { ...fields } };
}
