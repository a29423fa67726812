import type { Pace } from './pace.js';
import { Refusal } from './refusal.js';
import { filterOf } from './scalar.js';
import { shortened, shownReason } from './shown.js';
import type { Snapshots } from './snapshots.js';
import type { BoardSource, SourceLetter } from './source.js';
import type { Action, ActionTarget, DeadEntry, DeadLetter, DeadLetterPage, DeadLetterQuery } from './wire.js';
import { MOST_ACTED } from './wire.js';

/** Dead letters that one search looks at, at most: the page asks for more if the user does. */
const MOST_LOOKED = 2000;
/** The same for an action, which nobody turns pages of. */
const MOST_LOOKED_TO_ACT = 20_000;
/** Letters that are read at once for a search. */
const CHUNK = 500;
/** Ids that one call of the buffer takes, at most. */
const IDS_A_CALL = 500;

/** Where a dead letter is: its partition, and how many come before it there. */
interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** The dead letters of a buffer, page by page. */
export class Letters {
  readonly #buffer: BoardSource;
  readonly #snapshots: Snapshots;
  readonly #pace: Pace;

  constructor(buffer: BoardSource, snapshots: Snapshots, pace: Pace) {
    this.#buffer = buffer;
    this.#snapshots = snapshots;
    this.#pace = pace;
  }

  /** Those that match, from a place on. */
  async page(query: DeadLetterQuery, from: string | undefined, limit: number): Promise<DeadLetterPage> {
    const { letters, looked, next } = await this.#search(query, placeOf(from), limit, MOST_LOOKED);
    const page = { letters: letters.map(letterOf), dead: this.#snapshots.dead, looked };
    return next === undefined ? page : { ...page, next: `${next.partition}.${next.offset}` };
  }

  /** The ids that an action is for. */
  async idsOf(
    target: ActionTarget,
  ): Promise<{ readonly ids: readonly string[]; readonly mayBeMore: boolean }> {
    if ('ids' in target) return { ids: target.ids, mayBeMore: false };
    const { letters, next } = await this.#search(target.matching, START, MOST_ACTED, MOST_LOOKED_TO_ACT);
    return { ids: letters.map(({ id }) => id), mayBeMore: next !== undefined };
  }

  /** Returns how many it was done to. */
  async act(action: Action, ids: readonly string[]): Promise<number> {
    let done = 0;
    for (let at = 0; at < ids.length; at += IDS_A_CALL) {
      done += await this.#buffer.deadLetters[action](ids.slice(at, at + IDS_A_CALL));
    }
    this.#snapshots.expire();
    return done;
  }

  async #search(query: DeadLetterQuery, from: Place, limit: number, mostLooked: number) {
    const letters: SourceLetter[] = [];
    const matches = matcher(query);
    let looked = 0;
    for await (const { letter, next } of this.#from(from, query.partition, query.text ? CHUNK : limit)) {
      looked += 1;
      if (matches(letter)) letters.push(letter);
      if (letters.length === limit || looked === mostLooked) return { letters, looked, next };
    }
    return { letters, looked, next: undefined };
  }

  /** Every dead letter from a place on, each with the place of the next one. */
  async *#from({ partition, offset }: Place, only: number | undefined, size: number) {
    const partitions = (await this.#snapshots.withDead()).filter(
      (each) => each.partition >= partition && (only === undefined || each.partition === only),
    );
    for (const [index, { partition: at, dead }] of partitions.entries()) {
      let passed = at === partition ? offset : 0;
      while (passed < dead) {
        await this.#pace.turn(1);
        const limit = Math.min(size, CHUNK, dead - passed);
        const chunk = await this.#buffer.deadLetters.list({ partition: at, offset: passed, limit });
        for (const letter of chunk) {
          passed += 1;
          const isLast = passed >= dead && index === partitions.length - 1;
          yield { letter, next: isLast ? undefined : { partition: at, offset: passed } };
        }
        if (chunk.length < limit) break;
      }
    }
  }
}

const START: Place = { partition: 0, offset: 0 };

function placeOf(text: string | undefined): Place {
  if (text === undefined) return START;
  const [, partition, offset] = /^(\d{1,4})\.(\d{1,12})$/.exec(text) ?? [];
  if (partition === undefined) throw new Refusal(400, 'There is no such page of dead letters.');
  return { partition: Number(partition), offset: Number(offset) };
}

function matcher({ text }: DeadLetterQuery): (letter: SourceLetter) => boolean {
  if (!text) return () => true;
  const wanted = text.toLowerCase();
  return ({ reason, entry }) =>
    [
      reason,
      entry?.model ?? '',
      ...Object.entries(entry?.filters ?? {}).map(([name, value]) => `${name}=${value}`),
    ].some((part) => part.toLowerCase().includes(wanted));
}

function letterOf({ id, partition, entry, reason, attempts, buriedAt }: SourceLetter): DeadLetter {
  return {
    id,
    partition,
    reason: shownReason(reason),
    attempts,
    buriedAt: buriedAt.getTime(),
    ...(entry && { entry: entryOf(entry) }),
  };
}

function entryOf({
  model,
  filters,
  columns,
  extra,
  signalOnly,
  firstAt,
}: SourceLetter['entry'] & object): DeadEntry {
  return {
    model,
    filters: Object.entries(filters).map(([name, value]) => filterOf(name, value)),
    columns: Object.entries(columns) as [string, number][],
    extra: Object.keys(extra).length === 0 ? '' : shortened(JSON.stringify(extra, bigintAsText)),
    signalOnly,
    firstAt: firstAt.getTime(),
  };
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
