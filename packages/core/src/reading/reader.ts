import type { Backend, Fields, StoredSums, StoredTarget } from '../backend.js';
import type { HeldEntry } from '../buffer.js';
import { entryOf } from '../entry/entry.js';
import { nameOf } from '../entry/names.js';
import { targetKey } from '../entry/target-key.js';
import { CorruptEntryError } from '../errors.js';
import type { Filters } from '../schema.js';
import { partitionOf } from '../support/partition.js';
import type { Retry } from '../support/retry.js';
import { excerpt } from '../support/text.js';
import { argument, mustBe } from '../support/validate.js';
import { sumOf } from './sum-of.js';

/** A target in one partition, with what that holds of it. */
type Found = readonly [StoredTarget, StoredSums];

const NOTHING: StoredSums = { pending: undefined, claimed: undefined };

/**
 * Reads what the backend holds of targets. Services may split targets over different numbers of partitions, so each
 * target is looked for wherever one of these numbers puts it.
 */
export class Reader {
  readonly #backend: Backend;
  readonly #partitions: number;
  readonly #withRetry: Retry;
  /** The numbers of partitions in use, as far as the last read knew. */
  #counts: readonly number[];

  constructor(backend: Backend, partitions: number, withRetry: Retry) {
    this.#backend = backend;
    this.#partitions = partitions;
    this.#withRetry = withRetry;
    this.#counts = [partitions];
  }

  async get<C extends string>(
    model: string,
    columns: readonly C[],
    filters: Filters,
  ): Promise<Record<C, number>> {
    const fields = sumFields('get()', columns);
    const key = targetKey(model, filters);
    const held = await this.#read([key]);
    return sumsOf(key, fields, held.get(key));
  }

  async getMany<C extends string>(
    model: string,
    columns: readonly C[],
    filtersList: readonly Filters[],
  ): Promise<Record<C, number>[]> {
    const fields = sumFields('getMany()', columns);
    if (!Array.isArray(filtersList)) {
      throw mustBe(argument('The third argument of getMany()'), 'an array of filters', filtersList);
    }
    nameOf(model, 'model');
    const keys = Array.from(filtersList, (filters: Filters) => targetKey(model, filters));
    const held = keys.length === 0 ? new Map<string, Fields[]>() : await this.#read([...new Set(keys)]);
    return keys.map((key) => sumsOf(key, fields, held.get(key)));
  }

  async peek(model: string, filters: Filters): Promise<HeldEntry[]> {
    const keys = [targetKey(model, filters), targetKey(model, filters, true)];
    return (await this.#find(keys)).flatMap(([{ partition, key }, { claimed, pending }]) => [
      ...heldEntry(partition, true, key, claimed),
      ...heldEntry(partition, false, key, pending),
    ]);
  }

  /** What is pending and what is claimed of each target, in all partitions. */
  async #read(keys: readonly string[]): Promise<Map<string, Fields[]>> {
    return fieldsByKey(await this.#find(keys));
  }

  /** Looks for targets wherever they may be. */
  async #find(keys: readonly string[]): Promise<Found[]> {
    const counts = this.#counts;
    const targets = storedTargets(keys, counts);
    // In one tick, so that both are one round trip.
    const [found, others] = await Promise.all([
      this.#held(targets),
      this.#withRetry('partition counts', () => this.#backend.partitionCounts()),
    ]);
    this.#counts = [this.#partitions, ...others];
    const missed = storedTargets(keys, others, counts);
    const late = missed.length === 0 ? [] : await this.#held(missed);
    return [...found, ...late];
  }

  async #held(targets: readonly StoredTarget[]): Promise<Found[]> {
    try {
      const held = await this.#withRetry('read', () => this.#backend.read(targets));
      return targets.map((target, index) => [target, held[index] ?? NOTHING]);
    } catch (error) {
      throw error instanceof CorruptEntryError ? await this.#named(error, targets) : error;
    }
  }

  /** Says which target is unreadable: a backend only says that one of them is. */
  async #named(cause: CorruptEntryError, targets: readonly StoredTarget[]): Promise<CorruptEntryError> {
    const alone = await Promise.allSettled(targets.map((target) => this.#backend.read([target])));
    const at = alone.findIndex(
      (result) => result.status === 'rejected' && result.reason instanceof CorruptEntryError,
    );
    const culprit = targets[at];
    if (culprit === undefined) return cause;
    return new CorruptEntryError(
      `What partition ${culprit.partition} holds of ${excerpt(culprit.key)} cannot be read. It becomes a dead letter when the partition is processed. ${cause.message}`,
      { cause },
    );
  }
}

/** The columns asked for, each with its field. */
function sumFields<C extends string>(call: string, columns: readonly C[]): [C, string][] {
  if (!Array.isArray(columns)) {
    throw mustBe(argument(`The columns of ${call}`), 'an array of names', columns);
  }
  return Array.from(columns, (column: C) => [column, nameOf(column, 'column').fields.sum]);
}

function sumsOf<C extends string>(
  key: string,
  fields: readonly [C, string][],
  held: readonly Fields[] = [],
): Record<C, number> {
  const sums = fields.map(([column, field]) => [column, sumOf(key, field, held)]);
  return Object.fromEntries(sums) as Record<C, number>;
}

/** Where targets may be, by the numbers of partitions given, apart from where the known ones put them. */
function storedTargets(
  keys: readonly string[],
  counts: readonly number[],
  known: readonly number[] = [],
): StoredTarget[] {
  return keys.flatMap((key) => {
    const looked = new Set(known.map((count) => partitionOf(key, count)));
    const partitions = new Set(counts.map((count) => partitionOf(key, count)));
    return [...partitions]
      .filter((partition) => !looked.has(partition))
      .map((partition) => ({ partition, key }));
  });
}

function fieldsByKey(found: readonly Found[]): Map<string, Fields[]> {
  const held = new Map<string, Fields[]>();
  for (const [{ key }, { pending, claimed }] of found) {
    const fields = [pending, claimed].filter((each) => each !== undefined);
    held.set(key, [...(held.get(key) ?? []), ...fields]);
  }
  return held;
}

function heldEntry(
  partition: number,
  isClaimed: boolean,
  key: string,
  fields: Fields | undefined,
): HeldEntry[] {
  if (fields === undefined) return [];
  const { firstAt: _, ...entry } = entryOf(key, fields);
  return [{ partition, isClaimed, entry }];
}
