import type { ResolvedOptions } from '../options.js';

/** Entries of one partition that gather. */
interface Gathering {
  /** Called once, when they have lingered. */
  lingered(): void;
}

/** After so many flushes of which each had one entry to write, waiting for others is given up. */
const LONELY_FLUSHES = 4;

/**
 * Decides how long entries gather before they are written: for all partitions together, so that what is written leaves in
 * one flush, and a backend can send it in one packet.
 *
 * What comes after a quiet time is flushed at the end of the tick. What comes within `ms` of a flush waits until they are
 * over. A caller that awaits each increment before the next would only be slowed down: while no two entries are
 * held at once, nothing waits.
 */
export class Linger {
  readonly ms: number;
  readonly #clock: ResolvedOptions['clock'];
  readonly #gathering = new Set<Gathering>();
  #cancel: (() => void) | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #lonely = 0;

  constructor({ lingerMs, clock }: Pick<ResolvedOptions, 'lingerMs' | 'clock'>) {
    this.ms = lingerMs;
    this.#clock = clock;
  }

  /** Must be called for each entry that is opened, with the number of those that are held now. */
  opened(held: number): void {
    if (held > 1) this.#lonely = 0;
  }

  add(gathering: Gathering): void {
    this.#gathering.add(gathering);
    this.#cancel ??= this.#after(this.#waitMs());
  }

  remove(gathering: Gathering): void {
    this.#gathering.delete(gathering);
    if (this.#gathering.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #waitMs(): number {
    if (this.ms === 0 || this.#lonely >= LONELY_FLUSHES) return 0;
    // A clock that was set back must not make them wait for longer.
    return Math.min(this.ms, this.#flushedAt + this.ms - this.#clock.now());
  }

  #after(waitMs: number): () => void {
    const flush = (): void => this.#flush();
    return waitMs > 0 ? this.#clock.after(waitMs, flush) : atEndOfTick(flush);
  }

  #flush(): void {
    this.#cancel = undefined;
    if (this.ms > 0) this.#flushedAt = this.#clock.now();
    this.#lonely += 1;
    for (const gathering of [...this.#gathering]) {
      this.#gathering.delete(gathering);
      gathering.lingered();
    }
  }
}

/**
 * Runs a task when the current tick ends, so that increments made side by side go in one write. By a promise, since
 * Jest's fake timers replace `queueMicrotask`, and increments would wait for ever.
 */
function atEndOfTick(task: () => void): () => void {
  let cancelled = false;
  void Promise.resolve().then(() => {
    if (!cancelled) task();
  });
  return () => {
    cancelled = true;
  };
}
