import type { Backend, PartitionStats, StoredDeadLetter } from './backend.js';
import type { DeadLetter, DeadLetters } from './dead-letters.js';
import { entryOf } from './entry/entry.js';
import { InvalidInputError } from './errors.js';
import { allOf } from './reading/stats.js';
import type { Entry } from './schema.js';
import type { Retry } from './support/retry.js';
import { quote } from './support/text.js';
import {
  argument,
  mustBe,
  mustBeInteger,
  mustBeKnown,
  mustBePartition,
  mustBePlainObject,
} from './support/validate.js';

const PAGE = 500;

const LIST_OPTIONS = /* @__PURE__ */ argument('The options of deadLetters.list()');
const IDS = /* @__PURE__ */ argument('The ids of dead letters');

/** The dead letters of a backend, over all its partitions. */
export class BackendDeadLetters implements DeadLetters {
  readonly #backend: Backend;
  readonly #partitions: number;
  readonly #withRetry: Retry;
  readonly #refuseIfClosed: () => void;

  constructor(backend: Backend, partitions: number, withRetry: Retry, refuseIfClosed: () => void) {
    this.#backend = backend;
    this.#partitions = partitions;
    this.#withRetry = withRetry;
    this.#refuseIfClosed = refuseIfClosed;
  }

  async list(
    options: { readonly partition?: number; readonly offset?: number; readonly limit?: number } = {},
  ): Promise<DeadLetter[]> {
    this.#refuseIfClosed();
    mustBePlainObject(LIST_OPTIONS, options);
    mustBeKnown(LIST_OPTIONS, options, ['partition', 'offset', 'limit']);
    const { partition, offset = 0, limit = 100 } = options;
    mustBeInteger(argument('The offset of deadLetters.list()'), offset, 0, Number.MAX_SAFE_INTEGER);
    mustBeInteger(argument('The limit of deadLetters.list()'), limit, 0, Number.MAX_SAFE_INTEGER);
    if (partition !== undefined) mustBePartition(partition);
    const letters: DeadLetter[] = [];
    let skip = offset;
    // Of one partition the page says itself how many there are.
    const held =
      partition === undefined ? await this.#stats() : [{ partition, dead: Number.POSITIVE_INFINITY }];
    for (const { partition: at, dead } of held) {
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

  #stats(): Promise<PartitionStats[]> {
    return this.#withRetry('stats', async () => allOf(await this.#backend.stats(this.#partitions)));
  }

  async #all(): Promise<Map<number, string[]>> {
    const ids = new Map<number, string[]>();
    for (const { partition, dead } of await this.#stats()) {
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

/** Without spaces and control characters: ids are printed and logged. */
const ID = /^(\d{1,4})-[!-.0-~]{1,100}\/\d{6,12}$/;

/** A dead letter's id begins with its partition, as its batch's id does. */
function byPartition(ids: readonly string[]): Map<number, string[]> {
  if (!Array.isArray(ids)) throw mustBe(IDS, `an array, or 'all'`, ids);
  const grouped = new Map<number, string[]>();
  for (const id of ids) {
    if (typeof id !== 'string') throw mustBe(IDS, 'strings', id);
    const match = ID.exec(id);
    if (match === null) {
      throw new InvalidInputError(
        IDS.code,
        `${quote(id)} is not the id of a dead letter; list() has the ids.`,
      );
    }
    const partition = Number(match[1]);
    const found = grouped.get(partition);
    if (found === undefined) grouped.set(partition, [id]);
    else found.push(id);
  }
  return grouped;
}
