import type { Refusal, StoredEntry, Write } from '../backend.js';
import { packEntries, packedText, unpackEntries } from '../entry/packed-entries.js';
import { invariant } from '../support/invariant.js';
import type { Kept, ReplayBudget } from './replay-budget.js';

/** A write that can be sent again. */
export type Replayable = Pick<Write, 'number' | 'nonce' | 'entries'>;

/** The latest writes of a sequence, oldest first, for a backend whose replica took over without them. */
export class ReplayRing {
  readonly #budget: ReplayBudget;
  #writes: KeptWrite[] = [];

  constructor(budget: ReplayBudget) {
    this.#budget = budget;
  }

  /** Adds the write that follows the last one, without what the backend refused of it. */
  add({ number, nonce, entries }: Replayable, refused: readonly Refusal[]): void {
    const last = this.#writes.at(-1);
    invariant(
      last === undefined || number === last.number + 1,
      `write ${number} was remembered after write ${last?.number}`,
    );
    const kept = new KeptWrite(this.#writes, number, nonce, contentOf(entries, refused));
    this.#writes.push(kept);
    this.#budget.add(kept);
  }

  /** All writes after a number; none if the ring no longer has the first of them. */
  after(number: number): readonly Replayable[] {
    const writes = this.#writes.filter((write) => write.number > number);
    return writes[0]?.number === number + 1 ? writes : [];
  }

  clear(): void {
    for (const write of this.#writes) this.#budget.release(write);
    this.#writes = [];
  }
}

/** Entries, or their text if a backend needed it anyway: one string costs the garbage collector less. */
type Content = string | readonly StoredEntry[];

/** About what a write takes besides its text, in characters. */
const OVERHEAD = 200;

class KeptWrite implements Kept, Replayable {
  readonly length: number;
  keptAt: number | undefined;

  constructor(
    private readonly ring: KeptWrite[],
    readonly number: number,
    readonly nonce: string,
    private readonly content: Content,
  ) {
    this.length = OVERHEAD + (typeof content === 'string' ? content.length : lengthOf(content));
  }

  /** The budget drops the oldest first, which is the first of its ring. */
  drop(): void {
    this.ring.shift();
  }

  get entries(): readonly StoredEntry[] {
    return typeof this.content === 'string' ? unpackEntries(this.content) : this.content;
  }
}

function contentOf(entries: readonly StoredEntry[], refused: readonly Refusal[]): Content {
  const text = packedText(entries);
  if (refused.length === 0) return text ?? entries;
  const out = new Set(refused.map(({ index }) => index));
  const accepted = entries.filter((_, index) => !out.has(index));
  return text === undefined ? accepted : packEntries(accepted);
}

/** About what {@link packEntries} would make of entries that no backend has packed. */
function lengthOf(entries: readonly StoredEntry[]): number {
  let length = 0;
  for (const { key, fields } of entries) {
    length += key.length;
    for (const field in fields) {
      const value = fields[field];
      length += field.length + (typeof value === 'string' ? value.length : 8);
    }
  }
  return length;
}
