import type { Backend, Clock, PartitionStats, Validation } from '@sluice/core';
import {
  type AddResult,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  deadLetterId,
  type Failure,
  type Joined,
  leaseToken,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
  type StoredDeadLetter,
  type StoredEntry,
  type StoredSums,
  type StoredTarget,
  type Write,
} from '@sluice/core/backend';
import { holds, waitFor, waitLeft } from './lease.js';
import { applyWrite } from './numbered-write.js';
import {
  type BatchState,
  claimedFields,
  type DeadLetter,
  type MemorySnapshot,
  newPartition,
  type PartitionState,
} from './partition-state.js';
import { takePending } from './pending.js';
import { redriveLetter } from './redrive.js';
import { age, statsOf } from './stats.js';

/** Settlements whose repeats get `true` again. */
const SETTLEMENTS = 10;

/** What {@link memory} takes. */
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
  #epochsAndBatches = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  async join(partition: number, partitions: number): Promise<Joined> {
    const state = this.#partitions.get(partition) ?? newPartition(this.#unique());
    this.#partitions.set(partition, state);
    state.counts.add(partitions);
    return { producer: this.#unique(), epoch: state.epoch, position: state.applied };
  }

  async add(write: Write): Promise<AddResult> {
    const state = this.#partitions.get(write.partition);
    return state === undefined
      ? { status: 'unknown', epoch: '', floor: 0 }
      : applyWrite(state, write, this.#clock.now());
  }

  async claim(partition: number, request: ClaimRequest): Promise<ClaimResult> {
    const state = this.#partitions.get(partition);
    if (state === undefined) return { status: 'empty' };
    const { claimToken, worker } = request;
    const now = this.#clock.now();
    if (state.batch === undefined) {
      if (state.pending.size === 0) return { status: 'empty' };
      state.batch = this.#newBatch(state, request, now);
    } else if (state.batch.claimToken !== claimToken) {
      const forMs = waitLeft(state.batch, now);
      const isEarly = request.early && state.batch.claimToken === undefined;
      // Set again, since the clock may have been set back.
      state.batch.dueAt = now + forMs;
      if (forMs > 0 && !isEarly) return { status: 'busy', forMs };
      state.batch.claimToken = claimToken;
      state.batch.worker = worker;
      state.batch.leasedAt = now;
      state.batch.attempt += 1;
      waitFor(state.batch, request.leaseMs, now);
    }
    const { id, attempt, failures, madeAt, entries } = state.batch;
    const batch = {
      id,
      attempt,
      failures,
      ageMs: age(madeAt, now),
      entries: entries.map(copyEntry),
      remaining: state.pending.size,
    };
    return { status: 'leased', leaseToken: leaseToken(id, claimToken), batch };
  }

  async renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    const batch = this.#partitions.get(partition)?.batch;
    if (batch === undefined || !holds(batch, token)) return false;
    waitFor(batch, leaseMs, this.#clock.now());
    return true;
  }

  async ack(partition: number, token: string): Promise<boolean> {
    return this.#ack(partition, token);
  }

  async ackAndClaim(partition: number, token: string, next: ClaimRequest): Promise<ClaimResult | false> {
    return this.#ack(partition, token) && this.claim(partition, next);
  }

  async nack(partition: number, token: string, { reason, isVerdict, delayMs }: Failure): Promise<boolean> {
    return this.#settle(partition, token, (_, batch) => {
      const now = this.#clock.now();
      batch.claimToken = undefined;
      waitFor(batch, delayMs, now);
      if (isVerdict) batch.failures += 1;
      batch.lastError = reason;
      batch.failingSince ??= now;
    });
  }

  async bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    return this.#settle(partition, token, (state, batch) => {
      const buriedAt = this.#clock.now();
      for (const { index, reason } of burials) {
        const id = deadLetterId(batch.id, index);
        const entry = batch.entries[index] as StoredEntry;
        const { attempt: attempts, number: batchNumber } = batch;
        state.dead.set(id, { id, entry, reason, attempts, buriedAt, batchNumber });
      }
      state.batch = undefined;
    });
  }

  async read(targets: readonly StoredTarget[]): Promise<StoredSums[]> {
    return targets.map(({ partition, key }) => {
      const state = this.#partitions.get(partition);
      const pending = state?.pending.get(key);
      const claimed = state && claimedFields(state, key);
      return { pending: pending && { ...pending }, claimed: claimed && { ...claimed } };
    });
  }

  async partitionCounts(): Promise<number[]> {
    const counts = [...this.#partitions.values()].flatMap((state) => [...state.counts]);
    return [...new Set(counts)].sort((a, b) => a - b);
  }

  async partitions(): Promise<number[]> {
    return this.#inOrder().flatMap(([partition, { pending, batch }]) =>
      pending.size > 0 || batch !== undefined ? [partition] : [],
    );
  }

  async stats(): Promise<PartitionStats[]> {
    const now = this.#clock.now();
    return this.#inOrder().map(([partition, state]) => statsOf(partition, state, now));
  }

  async deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    const dead = [...(this.#partitions.get(partition)?.dead.values() ?? [])];
    dead.sort((a, b) => a.buriedAt - b.buriedAt || (a.id < b.id ? -1 : 1));
    return dead.slice(offset, offset + limit).map(copyLetter);
  }

  async redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    const state = this.#partitions.get(partition);
    if (state === undefined) return [];
    return ids.filter((id) => redriveLetter(state, id, this.#clock.now()));
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

  #newBatch(state: PartitionState, request: ClaimRequest, now: number): BatchState {
    const { size, bytes, leaseMs, batchIdPrefix, claimToken, worker } = request;
    const entries = takePending(state, size, bytes);
    state.batches += 1;
    state.taken += entries.length;
    return {
      id: [batchIdPrefix, state.batches, this.#unique()].join('-'),
      number: state.batches,
      entries,
      madeAt: now,
      claimToken,
      worker,
      leasedAt: now,
      attempt: 1,
      dueAt: now + leaseMs,
      waitMs: leaseMs,
      failures: 0,
      lastError: undefined,
      failingSince: undefined,
    };
  }

  /** Text that there never was before, even if the clock stands still or a snapshot was restored. */
  #unique(): string {
    this.#epochsAndBatches += 1;
    return `${this.#clock.now()}.${this.#epochsAndBatches}`;
  }

  #ack(partition: number, token: string): boolean {
    return this.#settle(partition, token, (state) => {
      state.batch = undefined;
    });
  }

  /** Ends a lease if the token holds it. Returns `true` again to the tokens of the latest settlements. */
  #settle(
    partition: number,
    token: string,
    end: (state: PartitionState, batch: BatchState) => void,
  ): boolean {
    const state = this.#partitions.get(partition);
    if (state === undefined) return false;
    if (state.batch === undefined || !holds(state.batch, token)) return state.settledBy.includes(token);
    end(state, state.batch);
    state.settledBy = [...state.settledBy, token].slice(-SETTLEMENTS);
    return true;
  }
}

// `structuredClone` would make objects of another realm in a test that runs in a vm context, as Jest's do.
function copyLetter({ id, entry, reason, attempts, buriedAt }: DeadLetter): StoredDeadLetter {
  return { id, entry: copyEntry(entry), reason, attempts, buriedAt };
}

function copyEntry({ key, fields }: StoredEntry): StoredEntry {
  return { key, fields: { ...fields } };
}
