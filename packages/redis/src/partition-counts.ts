import { MAX_PARTITIONS } from '@sluice/core/backend';
import type { Connection } from './connection.js';
import { notRedis } from './errors.js';
import type { Keys } from './keys.js';
import { mostOf } from './soonest.js';

/** Announcements that are remembered, at most: what is forgotten is made again. */
const MOST_REMEMBERED = 20_000;

/**
 * The numbers of partitions that producers use, from which follows where anything may be pending. They are kept in copies
 * on several nodes, so that no partition depends on another one's node: each copy gets every number, and one is enough
 * to read from.
 */
export class PartitionCounts {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #announced = new Set<string>();

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** Adds a number to the copies, once in each epoch: a wipe takes them along. Rejects if none could be reached. */
  async announceIn(epoch: string, count: number): Promise<void> {
    const announcement = `${count} ${epoch}`;
    if (this.#announced.has(announcement)) return;
    await this.#announce(count);
    if (this.#announced.size >= MOST_REMEMBERED) this.#announced.clear();
    this.#announced.add(announcement);
  }

  async #announce(count: number): Promise<void> {
    await mostOf(
      this.#keys.partitionCounts.map((key) =>
        this.#connection.run(key, (client) => client.sadd(key, String(count))),
      ),
    );
  }

  /** Announces a number again, if that is possible now. */
  repeat(count: number): void {
    this.#announce(count).catch(() => {});
  }

  /** The numbers in the copies that can be reached, in ascending order. Rejects if none can. */
  async read(): Promise<number[]> {
    const copies = await mostOf(this.#copies());
    return [...new Set(copies.flat())].sort((a, b) => a - b);
  }

  /** All partitions lie below this number: those of producers, and those that older versions have listed. */
  async limit(): Promise<number> {
    const older = this.#numbersIn(this.#keys.olderPartitions, 0, MAX_PARTITIONS - 1);
    // Where no older version ever ran it is missing, and may be on a node that is gone.
    const [counts, listed] = await Promise.all([this.read(), mostOf([older, Promise.resolve([])])]);
    return Math.max(0, ...counts, ...listed.flat().map((partition) => partition + 1));
  }

  #copies(): Promise<number[]>[] {
    return this.#keys.partitionCounts.map((key) => this.#numbersIn(key, 1, MAX_PARTITIONS));
  }

  /** Sluice did not write a member that is no such number. */
  async #numbersIn(key: string, least: number, most: number): Promise<number[]> {
    const members: unknown = await this.#connection.run(key, (client) => client.smembers(key));
    if (!Array.isArray(members)) throw notRedis('SMEMBERS should reply with a list, and does not');
    const numbers = members.filter((member) => /^\d{1,4}$/.test(member)).map(Number);
    return numbers.filter((number) => least <= number && number <= most);
  }
}
