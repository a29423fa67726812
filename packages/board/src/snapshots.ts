import type { BufferStats, Clock, Health } from '@sluice/core';
import { Refusal } from './refusal.js';
import { shortened, shownReason } from './shown.js';
import type { BoardSource } from './source.js';
import type { Partition, Point, Snapshot, State } from './wire.js';

/** How old a snapshot is before there is a new one, in milliseconds, if that many commands may be sent. */
const REFRESH_MS = 1000;
/** How long a request waits for a new snapshot before it gets the last one: a backend that is away must not hang the page. */
const PATIENCE_MS = 700;
const MOST_POINTS = 900;
/** Commands of a snapshot on Redis beside one a partition. */
const COMMANDS_BESIDE = 9;
/** Partitions that a buffer has by default: those that were never used are not listed, but asked for. */
const USUAL_PARTITIONS = 8;

/** What the backend holds, read once for all who look, and only while somebody does. */
export class Snapshots {
  readonly #buffer: BoardSource;
  readonly #msACommand: number;
  readonly #clock: Clock;
  #stats: BufferStats | undefined;
  #trouble: string | undefined;
  #points: Point[] = [];
  #refreshing: Promise<void> | undefined;
  #at = 0;
  #dueAt = 0;

  constructor(buffer: BoardSource, clock: Clock, commandsPerSecond: number) {
    this.#buffer = buffer;
    this.#clock = clock;
    this.#msACommand = 1000 / commandsPerSecond;
  }

  /** @param since the time of the last point that the page has */
  async state(since: number): Promise<State> {
    await this.#soon(this.#refresh());
    const now = this.#clock.now();
    const { health, lastError } = healthOf(this.#buffer.health());
    const trouble = lastError ?? this.#trouble;
    return {
      health,
      ...(trouble !== undefined && { trouble }),
      ...(this.#stats && { snapshot: snapshotOf(this.#stats, this.#at, now), ...missingFrom(this.#stats) }),
      history: this.#points.filter(([at]) => at > since),
      againInMs: Math.max(REFRESH_MS, this.#dueAt - now),
    };
  }

  /** The partitions that have dead letters. Rejects if the backend was never reached. */
  async withDead(): Promise<BufferStats['partitions']> {
    await this.#soon(this.#refresh());
    if (this.#stats === undefined)
      throw new Refusal(503, this.#trouble ?? 'The backend has not replied yet.');
    return this.#stats.partitions.filter(({ dead }) => dead > 0);
  }

  /** Dead letters in all, when they were last counted. */
  get dead(): number {
    return this.#stats?.dead ?? 0;
  }

  /** Makes the next request wait for a new snapshot: something was changed here. */
  expire(): void {
    this.#dueAt = 0;
  }

  #refresh(): Promise<void> {
    if (this.#clock.now() < this.#dueAt) return Promise.resolve();
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    const startedAt = this.#clock.now();
    try {
      const stats = await this.#buffer.stats();
      this.#at = this.#clock.now();
      this.#stats = stats;
      this.#trouble = undefined;
      this.#points.push(pointOf(stats, this.#at));
      if (this.#points.length > MOST_POINTS) this.#points.shift();
    } catch (error) {
      this.#trouble = shownReason(error instanceof Error ? error.message : String(error));
    }
    const highest = this.#stats?.partitions.at(-1)?.partition ?? 0;
    const commands = COMMANDS_BESIDE + Math.max(USUAL_PARTITIONS, highest + 1);
    this.#dueAt = startedAt + Math.max(REFRESH_MS, commands * this.#msACommand);
  }

  /** Waits for something, but not for long. */
  #soon(task: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(PATIENCE_MS, resolve);
      void task.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

function healthOf({ lastError, ...health }: Health): {
  readonly health: State['health'];
  readonly lastError: string | undefined;
} {
  return { health, lastError: lastError && shownReason(lastError.message) };
}

function snapshotOf(
  { pending, claimed, dead, oldestPendingMs, partitions }: BufferStats,
  at: number,
  now: number,
): Snapshot {
  return {
    at,
    ageMs: now - at,
    pending,
    claimed,
    dead,
    oldestMs: oldestPendingMs,
    partitions: partitions.map(partitionOf),
  };
}

function missingFrom({ unavailable }: BufferStats): Pick<State, 'missing'> {
  if (unavailable.length === 0) return {};
  const numbers = unavailable.map(({ partition }) => partition).join(', ');
  const reasons = new Set(unavailable.map(({ error }) => error.message));
  return { missing: shownReason(`Partition ${numbers}: ${[...reasons].join(' ')}`) };
}

function partitionOf({
  partition,
  pending,
  claimed,
  dead,
  oldestPendingMs,
  batch,
}: BufferStats['partitions'][number]): Partition {
  const counts = { partition, pending, claimed, dead, oldestMs: oldestPendingMs };
  if (batch === undefined) return counts;
  const { lastError, worker, ...others } = batch;
  return {
    ...counts,
    batch: {
      ...others,
      ...(worker !== undefined && { worker: shortened(worker) }),
      ...(lastError !== undefined && { lastError: shownReason(lastError) }),
    },
  };
}

function pointOf(stats: BufferStats, at: number): Point {
  const { pending, claimed, dead, oldestPendingMs, added, taken } = stats;
  return [at, pending, claimed, dead, oldestPendingMs, added, taken];
}
