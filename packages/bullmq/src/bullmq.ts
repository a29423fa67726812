import type { Engine } from '@sluice/core';
import {
  MAX_PARTITIONS,
  mustBe,
  mustBeInteger,
  mustBePlainObject,
  option,
  optionsOf,
} from '@sluice/core/backend';
import type { WorkerOptions } from 'bullmq';
import { BullmqEngine } from './bullmq-engine.js';

/**
 * What {@link bullmq} takes: where the queue is, and the options of BullMQ's own `Worker`, which are passed on. `prefix`,
 * `telemetry` and the connection are the queue's, too.
 */
export interface BullmqOptions
  extends Omit<WorkerOptions, 'autorun' | 'connection' | 'removeOnComplete' | 'removeOnFail'> {
  /**
   * The Redis of the queue: what BullMQ takes, such as `{ url }`, `{ host, port }` or an ioredis client. A client that is
   * passed in is not closed. It may be the buffer's Redis or another one.
   */
  connection: WorkerOptions['connection'];
  /**
   * The queue's name. Workers of one backend share it; buffers on different backends, or under different prefixes, need
   * different ones.
   * @default 'sluice'
   */
  queue?: string;
  /**
   * Jobs that this process works on at a time, 1 to 4096. More than the buffer's `concurrency` would wait for each other.
   * @default 4
   */
  concurrency?: number;
}

const OPTIONS = /* @__PURE__ */ optionsOf('bullmq()');

/**
 * An engine for `createWorker()`: each round puts a job for each partition that has something pending into a BullMQ
 * queue, and every process with such a worker takes jobs from it. A partition has one job at most, waiting or active, so
 * a partition that stands still does not pile up jobs; jobs that failed are not kept. Nothing is lost with a job, nor with
 * the whole queue: the counts are in the buffer's backend, and the next round sees what is pending there.
 *
 * BullMQ 6, or 5 from 5.14.
 *
 * @example
 * ```ts
 * import { bullmq } from '@sluice/bullmq';
 *
 * const engine = bullmq({ connection: { url: 'redis://localhost:6379' } });
 * const worker = createWorker(buffer, { engine });
 * ```
 * @throws `InvalidInputError` `ERR_SLUICE_INVALID_OPTION` naming the option. `createWorker()` throws what BullMQ says
 * of its own
 */
export function bullmq(options: BullmqOptions): Engine {
  mustBePlainObject(OPTIONS, options);
  const { queue = 'sluice', concurrency = 4, ...others } = options;
  if (typeof queue !== 'string') throw mustBe(option('queue', 'bullmq()'), 'a string', queue);
  if (typeof others.connection !== 'object' || others.connection === null) {
    throw mustBe(option('connection', 'bullmq()'), 'what BullMQ takes, such as { url }', others.connection);
  }
  mustBeInteger(option('concurrency', 'bullmq()'), concurrency, 1, MAX_PARTITIONS);
  return (host) => new BullmqEngine(queue, { ...others, concurrency }, host);
}
