import type { Backend } from '../backend.js';
import { ProcessingError, SluiceError } from '../errors.js';
import type { Clock } from '../support/clock.js';
import { reasonOf } from '../support/reason.js';
import type { Lease } from './lease.js';

/**
 * Renews a lease while its sink runs, three times a lease. The signal aborts when the backend says that the lease is
 * another's, or when it could not be reached for the length of a lease.
 */
export class LeaseKeeper {
  readonly #backend: Backend;
  readonly #lease: Lease;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #controller = new AbortController();
  #cancelRenewal: () => void = () => {};
  #cancelExpiry: () => void = () => {};
  #stopped = false;
  /** Whether the last renewal failed: failures in a row are reported once. */
  #failing = false;
  /** When the claim, or the last renewal that succeeded, was asked for: replies may be late. */
  #heldSince: number;

  constructor(
    backend: Backend,
    lease: Lease,
    options: { leaseMs: number; clock: Clock },
    onError: (error: unknown) => void,
  ) {
    this.#backend = backend;
    this.#lease = lease;
    this.#leaseMs = options.leaseMs;
    this.#clock = options.clock;
    this.#onError = onError;
    this.#heldSince = lease.claimedAt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins the renewals. If a third of the lease is over already, resolves only after the first of them. */
  async begin(): Promise<void> {
    const leftMs = this.#heldSince + this.#intervalMs - this.#clock.now();
    if (leftMs <= 0) return this.#renew();
    this.#hold();
    this.#renewIn(leftMs);
  }

  /** Ends the renewals. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRenewal();
    this.#cancelExpiry();
  }

  /** Aborts the sink. */
  abort(reason: unknown): void {
    this.stop();
    this.#controller.abort(reason);
  }

  get #intervalMs(): number {
    return Math.max(1, Math.floor(this.#leaseMs / 3));
  }

  /** By our own clock the lease ends at this time, even if a renewal is slow, fails or never returns. */
  #hold(): void {
    this.#cancelExpiry();
    const leftMs = this.#heldSince + this.#leaseMs - this.#clock.now();
    const expire = (): void => this.abort(this.#lost('it could not be renewed in time'));
    if (leftMs <= 0) expire();
    else this.#cancelExpiry = this.#clock.after(leftMs, expire);
  }

  #renewIn(delayMs: number): void {
    this.#cancelRenewal = this.#clock.after(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { batch, token } = this.#lease;
    const askedAt = this.#clock.now();
    try {
      const held = await this.#backend.renew(batch.partition, token, this.#leaseMs);
      if (this.#stopped) return;
      if (!held) return this.abort(this.#lost('the backend gave it to another worker'));
      this.#failing = false;
      this.#heldSince = askedAt;
    } catch (error) {
      if (this.#stopped) return;
      if (!this.#failing) this.#onError(this.#notRenewed(error));
      this.#failing = true;
    }
    this.#hold();
    if (!this.#stopped) this.#renewIn(this.#intervalMs);
  }

  #notRenewed(cause: unknown): ProcessingError {
    const { id, partition } = this.#lease.batch;
    return new ProcessingError(
      cause instanceof SluiceError ? cause.code : 'ERR_SLUICE_BACKEND_FAILED',
      `The lease of batch ${id} in partition ${partition} was not renewed: ${reasonOf(cause)}. The renewal is repeated until the lease runs out.`,
      { cause },
    );
  }

  #lost(why: string): ProcessingError {
    const { id, partition } = this.#lease.batch;
    return new ProcessingError(
      'ERR_SLUICE_LEASE_LOST',
      `The lease of batch ${id} in partition ${partition} is lost: ${why}. The batch is delivered again; roll back what is not committed.`,
    );
  }
}
