import type { EngineHost, RunningEngine } from '@sluice/core';
import { harmless } from '@sluice/core/backend';
import { Queue, Worker, type WorkerOptions } from 'bullmq';
import { jobOptions } from './job-options.js';
import { keepHearing } from './keep-hearing.js';
import { within } from './within.js';

/** How long BullMQ's Redis may take to reply before that is said, or a closing engine goes on without, in milliseconds. */
const REPLY_MS = 5000;

const SILENT = `BullMQ's Redis has not replied for ${REPLY_MS} ms. What is pending waits until it does`;

const STALLED =
  'BullMQ found a job whose process had ended, or stood still; another one takes it. What it was for is still pending';

interface Task {
  readonly partition: number;
}

/** Puts jobs into a queue, and works on those that this process gets. */
export class BullmqEngine implements RunningEngine {
  readonly #host: EngineHost;
  readonly #queue: Queue<Task>;
  readonly #worker: Worker<Task>;
  readonly #isBorrowed: boolean;
  readonly #processing = new Set<Promise<unknown>>();
  #isClosing = false;
  #leave = (): void => {};
  /** Resolves when the engine begins to close. */
  readonly #leaving = new Promise<void>((resolve) => {
    this.#leave = resolve;
  });

  constructor(name: string, options: WorkerOptions, host: EngineHost) {
    const { connection, prefix, telemetry } = options;
    this.#host = host;
    this.#isBorrowed = 'duplicate' in connection;
    this.#queue = new Queue(name, {
      connection,
      ...(prefix !== undefined && { prefix }),
      ...(telemetry !== undefined && { telemetry }),
    });
    this.#worker = new Worker(name, ({ data }) => this.#process(data.partition), options);
    this.#queue.on('error', (error) => this.#failed(error));
    this.#worker.on('error', (error) => this.#failed(error));
    this.#worker.on('stalled', () => this.#failed(new Error(STALLED)));
    for (const one of [this.#queue, this.#worker]) keepHearing(one);
  }

  async dispatch(partitions: readonly number[]): Promise<void> {
    if (this.#isClosing) return;
    const asked = partitions.length > 0 ? this.#add(partitions) : this.#ping();
    // BullMQ waits for a Redis that is away, without a word if it is silent; a worker that is stopped does not.
    const timer = setTimeout(() => this.#failed(new Error(SILENT)), REPLY_MS);
    try {
      await Promise.race([asked, this.#leaving]);
    } catch (error) {
      throw harmless(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#leave();
    await this.#worker.pause(true);
    while (this.#processing.size > 0) await Promise.allSettled(this.#processing);
    // Asked first, since a close that waits for a Redis that is away cannot be forced any more.
    const isThere = await within(REPLY_MS, this.#ping());
    if (!isThere) return this.#abandon();
    const closing = Promise.all([this.#worker.close(), this.#queue.close()]);
    if (!(await within(REPLY_MS, closing))) this.#cut();
  }

  #add(partitions: readonly number[]): Promise<unknown> {
    const jobOf = (partition: number) => ({
      name: 'partition',
      data: { partition },
      opts: jobOptions(partition),
    });
    return this.#queue.addBulk(partitions.map(jobOf));
  }

  /** Resolves when the queue's Redis replies: a round with nothing to add says so, too, if it does not. */
  #ping(): Promise<unknown> {
    return this.#queue.isPaused();
  }

  /** Closes without a Redis: the queue does not hear of what was done here, so its jobs run once more, for nothing. */
  async #abandon(): Promise<void> {
    await this.#worker.close(true);
    // Neither is waited for: a client that was connected once would wait for its Redis, but nothing of it stays open.
    this.#queue.close().catch(() => {});
    if (!this.#isBorrowed) this.#queue.disconnect().catch(() => {});
  }

  /** Ends the connections of a Redis that fell silent while they were being closed. */
  #cut(): void {
    if (this.#isBorrowed) return;
    for (const one of [this.#worker, this.#queue]) one.disconnect().catch(() => {});
  }

  async #process(partition: number): Promise<void> {
    const processing = this.#host.process(partition);
    this.#processing.add(processing);
    try {
      await processing;
    } finally {
      this.#processing.delete(processing);
    }
  }

  #failed(error: unknown): void {
    if (!this.#isClosing) this.#host.failed(harmless(error));
  }
}
