import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '@sluice/core';
import type {
  AddResult,
  BackendMethod,
  ClaimResult,
  StoredBatch,
  StoredEntry,
  Write,
} from '@sluice/core/backend';
import { type History, marksOf, Tally } from './history.js';

/** Sees each call that takes effect, whether its reply arrives or not. */
export class Observer {
  /** What dead letters held that were deleted for good. */
  readonly discarded = new Tally();
  /** How often something left the backend, or came back. */
  changes = 0;
  /** What no backend may do. */
  readonly problems: string[] = [];
  /** The entries of each batch, by its id. */
  readonly batches = new Map<string, StoredBatch['entries']>();
  /** When each increment became pending last: see `History.next`. */
  readonly addedAt = new Map<string, number>();
  /** When each increment became pending again, as a dead letter that was redriven. */
  readonly redrivenAt = new Map<string, number>();
  readonly #backend: Backend;
  readonly #history: History;

  constructor(backend: Backend, history: History) {
    this.#backend = backend;
    this.#history = history;
  }

  /** Must be called before a call takes effect; returns what must be called with its reply. */
  async before(method: BackendMethod, args: readonly unknown[]): Promise<(reply: unknown) => void> {
    if (method === 'add') return (reply) => this.#added(args[0] as Write, reply as AddResult);
    if (method === 'ack' || method === 'ackAndClaim' || method === 'bury') this.changes += 1;
    if (isClaim(method)) return (reply) => this.#claimed(reply as ClaimResult | false);
    if (method !== 'redrive' && method !== 'discard') return () => {};
    this.changes += 1;
    const letters = await this.#backend.deadLetters(args[0] as number, 0, 1_000_000);
    return (reply) => {
      const marks = letters.flatMap(({ id, entry }) =>
        (reply as string[]).includes(id) && 'fields' in entry ? marksOf(entry.fields) : [],
      );
      if (method === 'discard') return this.discarded.count(marks);
      const now = this.#history.next();
      for (const [mark] of marks) this.redrivenAt.set(mark, now);
    };
  }

  /** The increments in a batch. */
  marksOf(id: string): [mark: string, times: number][] {
    return (this.batches.get(id) ?? []).flatMap((entry) => ('fields' in entry ? marksOf(entry.fields) : []));
  }

  /** A call in a few words, for the trace. */
  describe(method: BackendMethod, args: readonly unknown[], reply: unknown): string {
    if (method === 'add') {
      const { producer, number, entries } = args[0] as Write;
      return `${producer.slice(0, 6)} #${number} ${marksIn(entries)} -> ${describeAdd(reply as AddResult)}`;
    }
    const [, token] = args;
    const what = isClaim(method)
      ? describeClaim(reply as ClaimResult | false)
      : JSON.stringify(reply)?.slice(0, 200);
    return `${typeof token === 'string' ? `${token} ` : ''}-> ${what}`;
  }

  #added({ entries }: Write, { status }: AddResult): void {
    if (status !== 'applied') return;
    const now = this.#history.next();
    for (const { fields } of entries) for (const [mark] of marksOf(fields)) this.addedAt.set(mark, now);
  }

  /** Every delivery of a batch has the same entries, and no other batch has its id. */
  #claimed(claimed: ClaimResult | false): void {
    if (claimed === false || claimed.status !== 'leased') return;
    const { id, entries } = claimed.batch;
    const before = this.batches.get(id) ?? entries;
    if (!isDeepStrictEqual(before, entries)) this.problems.push(`two batches have the id ${id}`);
    this.batches.set(id, before);
  }
}

function isClaim(method: BackendMethod): boolean {
  return method === 'claim' || method === 'ackAndClaim';
}

function describeClaim(claimed: ClaimResult | false): string {
  if (claimed === false) return 'false';
  if (claimed.status !== 'leased') return claimed.status;
  const { id, attempt, entries } = claimed.batch;
  return `batch ${id}, attempt ${attempt}, ${marksIn(entries)}`;
}

function describeAdd(result: AddResult): string {
  const { status, ...detail } = result;
  return `${status} ${JSON.stringify(detail)}`;
}

/** The increments in some entries, by the paths of their targets. */
function marksIn(entries: readonly (StoredEntry | StoredBatch['entries'][number])[]): string {
  const shown = entries.map((entry) => {
    const path = pathOf(entry.key);
    if (!('fields' in entry)) return `${path}: corrupt`;
    return `${path}: ${marksOf(entry.fields)
      .map(([mark, times]) => (times === 1 ? mark : `${mark}x${times}`))
      .join(' ')}`;
  });
  return `{${shown.join('; ')}}`;
}

function pathOf(key: string): string {
  return String((JSON.parse(key) as unknown[])[2]);
}
