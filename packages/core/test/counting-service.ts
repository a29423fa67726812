import { randomUUID } from 'node:crypto';
import { type Backend, type Position, targetKey } from '../src/backend.js';
import { fieldsOf } from '../src/entry/increment.js';
import { partitionOf } from '../src/support/partition.js';

/** Counts as one process of a service does: with its own number of partitions, one write an increment. */
export class CountingService {
  readonly #backend: Backend;
  readonly #partitions: number;
  readonly #positions = new Map<number, Position>();

  constructor(backend: Backend, partitions: number) {
    this.#backend = backend;
    this.#partitions = partitions;
  }

  /** Resolves with the partition of the target, once the backend has the increment. */
  async count(views: number, id: number): Promise<number> {
    const key = targetKey('Page', { id });
    const partition = partitionOf(key, this.#partitions);
    const at = this.#positions.get(partition) ?? (await this.#backend.join(partition, this.#partitions));
    // An id of its own for each write: what numbers do is not the matter here.
    const added = await this.#backend.add({
      ...at,
      partition,
      producer: randomUUID(),
      nonce: 'nonce',
      number: 1,
      entries: [{ key, fields: fieldsOf({ views }) }],
    });
    if (added.status !== 'applied') throw new Error(`the write is ${added.status}`);
    this.#positions.set(partition, { ...at, position: added.position });
    return partition;
  }
}
