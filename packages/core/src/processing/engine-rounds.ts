import type { Buffer } from '../buffer.js';
import type { Engine, RunningEngine } from '../engine.js';
import { NOTHING_DONE, type ProcessReport } from './report.js';
import type { RoundLog } from './round-log.js';

type Partitions = Pick<Buffer<never>, 'processPending' | 'pendingPartitions'>;

/** Rounds that hand what is pending to an engine, which processes it here or elsewhere. */
export class EngineRounds {
  readonly #buffer: Partitions;
  readonly #rounds: RoundLog;
  readonly #engine: RunningEngine;
  /** Partitions that could not be processed here, and are still pending. */
  #failing = new Set<number>();
  #isClosing = false;

  constructor(buffer: Partitions, engine: Engine, rounds: RoundLog) {
    this.#buffer = buffer;
    this.#rounds = rounds;
    this.#engine = engine({
      process: (partition) => this.#process(partition),
      failed: (error) => void rounds.failed(error),
    });
  }

  /** One round. What keeps it from success is in its report as busy: what fails, and what the engine's end cut off. */
  async round(): Promise<ProcessReport> {
    const partitions = await this.#buffer.pendingPartitions();
    // What failed here may have been processed elsewhere meanwhile.
    this.#failing = new Set(partitions.filter((partition) => this.#failing.has(partition)));
    await this.#engine.dispatch(partitions);
    return { ...NOTHING_DONE, busy: this.#isClosing ? partitions : [...this.#failing] };
  }

  async close(): Promise<unknown> {
    this.#isClosing = true;
    return this.#engine.close();
  }

  async #process(partition: number): Promise<ProcessReport> {
    try {
      const report = await this.#buffer.processPending(partition);
      this.#failing.delete(partition);
      return report;
    } catch (error) {
      this.#failing.add(partition);
      await this.#rounds.failed(error);
      throw error;
    }
  }
}
