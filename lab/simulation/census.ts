import type { Backend, Rejection } from '@sluice/core';
import { targetKey } from '@sluice/core/backend';
import { marksOf, Tally } from './history.js';
import type { Observer } from './observer.js';
import type { Plan } from './plan.js';

/** What a backend held at one moment. */
export interface Census {
  /** How often each increment was pending, or a dead letter. */
  readonly waiting: Tally;
  /** The ids of the unsettled batches. */
  readonly batches: readonly string[];
}

/** The data of a backend at one moment. */
export interface Copy {
  readonly census: Census;
  /** When it was made: see `History.next`. */
  readonly madeAt: number;
  readonly putBack: () => Promise<void>;
}

/** Counts all that a backend holds. What it says of itself must agree. */
export async function takeCensus(
  backend: Backend,
  { paths, partitions }: Pick<Plan, 'paths' | 'partitions'>,
  observer: Observer,
): Promise<Census> {
  const waiting = new Tally();
  const batches: string[] = [];
  for (const look of await backend.stats(Math.max(...partitions))) {
    if ('error' in look) throw look.error;
    const { partition, pending, claimed, dead, batch } = look;
    const sums = await backend.read(paths.map((path) => ({ partition, key: targetKey('Page', { path }) })));
    const letters = await backend.deadLetters(partition, 0, 1_000_000);
    for (const { pending: fields } of sums) waiting.count(marksOf(fields ?? {}));
    for (const { entry } of letters) if ('fields' in entry) waiting.count(marksOf(entry.fields));
    if (batch !== undefined) batches.push(batch.id);
    const counted = [
      sums.filter((sum) => sum.pending !== undefined).length,
      sums.filter((sum) => sum.claimed !== undefined).length,
      letters.length,
    ];
    if (String(counted) !== String([pending, claimed, dead])) {
      observer.problems.push(
        `partition ${partition} holds ${counted}, and stats says ${[pending, claimed, dead]}`,
      );
    }
  }
  return { waiting, batches };
}

/** How often each increment is still to come out, by what the database has applied by now. */
export function toCome(
  { waiting, batches }: Census,
  observer: Observer,
  ledger: ReadonlyMap<string, readonly Rejection[]>,
): Tally {
  const tally = new Tally(waiting);
  for (const id of batches) {
    const record = ledger.get(id);
    for (const [index, entry] of (observer.batches.get(id) ?? []).entries()) {
      const isOut = record !== undefined && !record.some((rejection) => rejection.index === index);
      if (!isOut && 'fields' in entry) tally.count(marksOf(entry.fields));
    }
  }
  return tally;
}
