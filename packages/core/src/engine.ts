import type { ProcessReport } from './processing/report.js';

/**
 * Spreads the partitions of a worker's rounds, for instance over the machines that share a job queue: see
 * `docs/workers.md`. {@link createWorker} calls it once. Without an engine, a worker processes in its own process,
 * `concurrency` partitions at a time.
 *
 * @example
 * ```ts
 * import type { Engine } from '@sluice/core';
 *
 * const inProcess: Engine = ({ process }) => ({
 *   dispatch: async (partitions) => {
 *     for (const partition of partitions) process(partition).catch(() => {}); // the worker reports it
 *   },
 *   close: async () => {},
 * });
 * ```
 */
export type Engine = (host: EngineHost) => RunningEngine;

/** What an engine has of its worker. */
export interface EngineHost {
  /**
   * Processes what is pending in a partition, as {@link Buffer.processPending} does. The worker reports what this rejects
   * with; it rejects so that a queue can take note, too.
   */
  process(partition: number): Promise<ProcessReport>;
  /** Reports what fails in the background, such as the connection to a queue, as the worker's own failures are. */
  failed(error: unknown): void;
}

/** An engine at work. */
export interface RunningEngine {
  /**
   * Called once a round, with no partitions, too. Sees to it that `process` is called for each of the partitions, here or by the worker of another process. Resolves
   * when they are handed over, which need not be when they are processed. A partition that was handed over and is not
   * processed yet may come again with each round: it should not be queued twice. What this rejects with fails the round.
   */
  dispatch(partitions: readonly number[]): Promise<unknown>;
  /** Takes no further partition. Resolves when those that are being processed here have ended, and nothing is left open. */
  close(): Promise<unknown>;
}
