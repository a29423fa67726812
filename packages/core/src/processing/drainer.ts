import pLimit, { type LimitFunction } from 'p-limit';
import type { Backend } from '../backend.js';
import { PartitionsFailedError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import type { Retry } from '../support/retry.js';
import type { Claim } from './claiming.js';
import type { Processor } from './processor.js';
import { addReports, NOTHING_DONE, type ProcessReport } from './report.js';
import type { Round } from './round.js';

/**
 * Drains partitions, `concurrency` at a time over all rounds. A partition that is being drained is left alone by other
 * rounds, so that one that stands still holds up none but itself.
 */
export class Drainer {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #withRetry: Retry;
  readonly #processor: Processor;
  readonly #limit: LimitFunction;
  /** Partitions that are being drained, or wait for their turn. */
  readonly #draining = new Set<number>();
  #stopped = false;

  constructor(backend: Backend, options: ResolvedOptions, withRetry: Retry, processor: Processor) {
    this.#backend = backend;
    this.#options = options;
    this.#withRetry = withRetry;
    this.#processor = processor;
    this.#limit = pLimit(options.concurrency);
  }

  /** Processes batches until the partition has nothing that was pending at the start, or is busy. */
  async drain(partition: number): Promise<ProcessReport> {
    if (this.#draining.has(partition)) return { ...NOTHING_DONE, busy: [partition] };
    this.#draining.add(partition);
    try {
      const { drained } = await this.#processor.claiming(partition, (claim) =>
        this.#inTurn(partition, claim),
      );
      return await drained;
    } finally {
      this.#draining.delete(partition);
    }
  }

  /** Every partition that has something to process. */
  pendingPartitions(): Promise<number[]> {
    return this.#withRetry('partitions', () => this.#backend.partitions(this.#options.partitions));
  }

  /** Begins to drain every partition that the backend holds, and resolves as soon as these are known. */
  async beginRound(): Promise<Round> {
    const partitions = await this.pendingPartitions();
    // Each worker starts elsewhere, so that several of them do not queue at the same partition.
    const start = Math.floor(this.#options.random() * partitions.length);
    const order = [...partitions.slice(start), ...partitions.slice(0, start)];
    const drains = order.map((partition) => this.drain(partition));
    return { drains, ended: endOfAll(drains) };
  }

  /** Starts no further batch. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Claims a batch, and drains the partition from there, when it is its turn. A claim that fails is repeated in another turn:
   * a server that is away must not hold up the partitions of others.
   */
  #inTurn(
    partition: number,
    claim: () => Promise<Claim>,
  ): Promise<{ readonly drained: Promise<ProcessReport> }> {
    return this.#limit(async () => {
      if (this.#stopped) return { drained: Promise.resolve(NOTHING_DONE) };
      const drained = this.#drain(partition, await claim());
      await drained.catch(() => {});
      return { drained };
    });
  }

  async #drain(partition: number, first: Claim): Promise<ProcessReport> {
    let report = NOTHING_DONE;
    let claim = first;
    // A redelivered batch was claimed before, so what the first claim saw pending does not include it.
    let remaining = claim.status === 'leased' ? claim.lease.remaining : 0;
    const goesOn = (): boolean => remaining > 0 && !this.#stopped;
    while (claim.status === 'leased') {
      const { settlement, next, ...done } = await this.#processor.process(claim.lease, goesOn);
      report = addReports(report, done);
      const isSettled = settlement === 'applied' || settlement === 'buried';
      // What is claimed is processed, even if `stop()` was called meanwhile.
      if (next === undefined && !(isSettled && goesOn())) return report;
      claim = next ?? (await this.#processor.claim(partition));
      if (claim.status === 'leased') remaining -= claim.lease.size;
    }
    return claim.status === 'busy' ? addReports(report, { busy: [partition], dueInMs: claim.forMs }) : report;
  }
}

async function endOfAll(drains: readonly Promise<ProcessReport>[]): Promise<ProcessReport> {
  const drained = await Promise.allSettled(drains);
  const errors = drained.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new PartitionsFailedError(errors);
  return drained.reduce(
    (sum, result) => (result.status === 'fulfilled' ? addReports(sum, result.value) : sum),
    NOTHING_DONE,
  );
}
