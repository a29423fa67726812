import { BATCH_BYTES, type ClaimRequest, type ClaimResult } from '../backend.js';
import type { ResolvedOptions } from '../options.js';
import type { AnySchema, Schema } from '../schema.js';
import { randomId } from '../support/clock.js';
import { type Lease, leaseOf } from './lease.js';

/**
 * What {@link Buffer.claim} resolves with: a lease, or why there is none. `empty`: nothing is pending; `busy`: another
 * worker holds the partition's batch, or it waits for its next delivery, for at most `forMs` milliseconds.
 */
export type Claim<S extends Schema<S> = AnySchema> =
  | { readonly status: 'leased'; readonly lease: Lease<S> }
  | { readonly status: 'empty' }
  | { readonly status: 'busy'; readonly forMs: number };

type ClaimOptions = Pick<ResolvedOptions, 'batchSize' | 'clock' | 'leaseMs' | 'random' | 'workerName'>;

/** A claim from before its first call until its result is known. Repeats have one token. */
export class Claiming {
  readonly #partition: number;
  readonly #options: ClaimOptions;
  readonly #early: boolean;
  readonly #token: string;
  readonly #since: number;

  constructor(partition: number, options: ClaimOptions, early = false) {
    this.#partition = partition;
    this.#options = options;
    this.#early = early;
    this.#token = randomId(options.random);
    this.#since = options.clock.now();
  }

  /**
   * What one call asks for. A repeat may arrive after another worker settled the batch of the first call, whose id must
   * not be used again.
   */
  request(): ClaimRequest {
    const { batchSize, leaseMs, random, workerName } = this.#options;
    return {
      size: batchSize,
      bytes: BATCH_BYTES,
      leaseMs,
      claimToken: this.#token,
      worker: workerName,
      early: this.#early,
      batchIdPrefix: `${this.#partition}-${randomId(random)}`,
    };
  }

  /** What a call came to. */
  resultOf(claimed: ClaimResult): Claim {
    if (claimed.status !== 'leased') return claimed;
    const lease = leaseOf(this.#partition, claimed.leaseToken, this.#since, claimed.batch);
    return { status: 'leased', lease };
  }
}
