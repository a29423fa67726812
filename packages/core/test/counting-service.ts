import { targetKey } from '@sluice/core/backend';
import type { Backend, Position } from '../src/backend.js';
import { fieldsOf } from '../src/entry/increment.js';
import { partitionOf } from '../src/support/partition.js';

/** Counts as one process of a service does: with its own number of partitions, one write an increment. */
export class CountingService {
  readonly #backend: Backend;
  readonly #partitions: number;
  readonly #producer: string;
  readonly #positions = new Map<number, Position>();
  #writes = 0;

  constructor(backend: Backend, partitions: number, producer = `with ${partitions} partitions`) {
    this.#backend = backend;
    this.#partitions = partitions;
    this.#producer = producer;
  }

  /** Resolves with the partition of the target, once the backend has the increment. */
  async count(views: number, id: number): Promise<number> {
    const key = targetKey('Page', { id });
    const partition = partitionOf(key, this.#partitions);
    const at = this.#positions.get(partition) ?? (await this.#backend.join(partition, this.#partitions));
    this.#writes += 1;
    // An id of its own for each write: what numbers do is not the matter here.
    const added = await this.#backend.add({
      ...at,
      partition,
      producer: `${this.#producer} ${this.#writes}`,
      nonce: 'nonce',
      number: 1,
      entries: [{ key, fields: fieldsOf({ views }) }],
    });
    if (added.status !== 'applied') throw new Error(`the write is ${added.status}`);
    this.#positions.set(partition, { ...at, position: added.position });
    return partition;
  }
}
