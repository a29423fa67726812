import type { Backend } from '../backend.js';
import { IncrementError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import { seenOf } from '../reading/stats.js';
import type { Outage } from '../support/outage.js';

/** The backend is asked at most once in this time, and only while targets come in. */
const LOOK_EVERY_MS = 1000;
const LOOK = 'a look at what is pending (maxPending)';

/** Refuses new targets while the backend holds more than `maxPending`. */
export class PendingLimit {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #outage: Outage;
  readonly #maxPending: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;
  #isClosed = false;
  /** As of the last look. */
  #held = 0;

  constructor(backend: Backend, options: ResolvedOptions, outage: Outage, maxPending: number) {
    this.#backend = backend;
    this.#options = options;
    this.#outage = outage;
    this.#maxPending = maxPending;
  }

  /** Must be called before a target is taken. @throws IncrementError `ERR_SLUICE_TOO_MANY_PENDING` */
  check(partition: number): void {
    const now = this.#options.clock.now();
    if (!this.#isLooking && now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = now;
      void this.#look();
    }
    if (this.#held >= this.#maxPending) throw tooMany(this.#maxPending, this.#held, partition);
  }

  close(): void {
    this.#isClosed = true;
  }

  /** When the backend does not reply, the last look stands: what it cannot take fails by itself. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      const partitions = seenOf(await this.#backend.stats(this.#options.partitions));
      this.#held = partitions.reduce((sum, { pending, claimed }) => sum + pending + claimed, 0);
      this.#outage.succeeded(LOOK);
    } catch (error) {
      // A backend that is being closed rejects what is under way.
      if (!this.#isClosed) this.#outage.failed(LOOK, error);
    } finally {
      this.#isLooking = false;
    }
  }
}

function tooMany(maxPending: number, held: number, partition: number): IncrementError {
  return new IncrementError(
    'ERR_SLUICE_TOO_MANY_PENDING',
    `The backend holds ${held} targets that are not applied, and may hold ${maxPending} (maxPending). It was not counted. See whether workers run, and what stats() says of their batches; it is looked at again in a second.`,
    { partition, outcome: 'refused' },
  );
}
