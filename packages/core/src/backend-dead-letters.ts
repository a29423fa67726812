import type { Backend, StoredDeadLetter } from './backend.js';
import type { DeadLetter, DeadLetters } from './dead-letters.js';
import { entryOf } from './entry/fields.js';
import { describe, isRecord } from './entry/target-key.js';
import { InvalidInputError, quote } from './errors.js';
import type { Entry } from './schema.js';
import { MAX_PARTITIONS } from './support/partition.js';
import type { Retry } from './support/retry.js';

const PAGE = 500;

/** The dead letters of a backend, over all its partitions. */
export class BackendDeadLetters implements DeadLetters {
  readonly #backend: Backend;
  readonly #withRetry: Retry;
  readonly #refuseIfClosed: () => void;

  constructor(backend: Backend, withRetry: Retry, refuseIfClosed: () => void) {
    this.#backend = backend;
    this.#withRetry = withRetry;
    this.#refuseIfClosed = refuseIfClosed;
  }

  async list(
    options: { readonly partition?: number; readonly offset?: number; readonly limit?: number } = {},
  ): Promise<DeadLetter[]> {
    this.#refuseIfClosed();
    if (!isRecord(options)) throw invalid(`.list() takes a plain object, not ${describe(options)}`);
    const { partition, offset = 0, limit = 100, ...unknown } = options;
    const [name] = Object.keys(unknown);
    if (name !== undefined)
      throw invalid(`.list() has no option ${quote(name)}, but partition, offset and limit`);
    checkWhole('offset', offset);
    checkWhole('limit', limit);
    if (partition !== undefined) checkPartition(partition);
    const letters: DeadLetter[] = [];
    let skip = offset;
    for (const { partition: at, dead } of await this.#withRetry('stats', () => this.#backend.stats())) {
      if (partition !== undefined && at !== partition) continue;
      if (letters.length >= limit) break;
      if (skip < dead) {
        const page = await this.#withRetry('dead letters', () =>
          this.#backend.deadLetters(at, skip, limit - letters.length),
        );
        letters.push(...page.map((stored) => deadLetterOf(at, stored)));
      }
      skip = Math.max(0, skip - dead);
    }
    return letters;
  }

  redrive(ids: readonly string[] | 'all'): Promise<number> {
    return this.#each('redrive', ids, (partition, page) => this.#backend.redrive(partition, page));
  }

  discard(ids: readonly string[] | 'all'): Promise<number> {
    return this.#each('discard', ids, (partition, page) => this.#backend.discard(partition, page));
  }

  async #each(
    call: string,
    ids: readonly string[] | 'all',
    act: (partition: number, ids: readonly string[]) => Promise<string[]>,
  ): Promise<number> {
    this.#refuseIfClosed();
    let done = 0;
    for (const [partition, page] of ids === 'all' ? await this.#all() : byPartition(ids)) {
      for (let at = 0; at < page.length; at += PAGE) {
        done += (await this.#withRetry(call, () => act(partition, page.slice(at, at + PAGE)))).length;
      }
    }
    return done;
  }

  async #all(): Promise<Map<number, string[]>> {
    const ids = new Map<number, string[]>();
    for (const { partition, dead } of await this.#withRetry('stats', () => this.#backend.stats())) {
      const found: string[] = [];
      while (found.length < dead) {
        const page = await this.#withRetry('dead letters', () =>
          this.#backend.deadLetters(partition, found.length, PAGE),
        );
        if (page.length === 0) break;
        found.push(...page.map(({ id }) => id));
      }
      ids.set(partition, found);
    }
    return ids;
  }
}

function deadLetterOf(
  partition: number,
  { id, entry, reason, attempts, buriedAt }: StoredDeadLetter,
): DeadLetter {
  return {
    id,
    partition,
    entry: readable(entry),
    reason,
    attempts,
    buriedAt: new Date(buriedAt),
  };
}

function readable(entry: StoredDeadLetter['entry']): Entry | undefined {
  if ('corrupt' in entry) return undefined;
  try {
    return entryOf(entry.key, entry.fields);
  } catch {
    return undefined;
  }
}

/** A dead letter's id begins with its partition, as its batch's id does. */
function byPartition(ids: readonly string[]): Map<number, string[]> {
  if (!Array.isArray(ids)) throw invalid(` takes an array of ids or 'all', not ${describe(ids)}`);
  const grouped = new Map<number, string[]>();
  for (const id of ids) {
    const match = typeof id === 'string' ? /^(\d{1,4})-[^/]{1,100}\/\d{6,12}$/.exec(id) : null;
    if (match === null)
      throw invalid(
        ` got ${typeof id === 'string' ? quote(id) : describe(id)}, which is no dead letter's id`,
      );
    const partition = Number(match[1]);
    const found = grouped.get(partition);
    if (found === undefined) grouped.set(partition, [id]);
    else found.push(id);
  }
  return grouped;
}

function checkPartition(partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < MAX_PARTITIONS) return;
  throw new InvalidInputError(
    'ERR_SLUICE_INVALID_PARTITION',
    `There is no partition ${describe(partition)}.`,
  );
}

function checkWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw invalid(` needs a whole ${name}, not ${describe(value)}`);
}

function invalid(problem: string): InvalidInputError {
  return new InvalidInputError('ERR_SLUICE_INVALID_ARGUMENT', `deadLetters${problem}.`);
}
