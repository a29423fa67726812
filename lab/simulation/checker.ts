import { takeCensus } from './census.js';
import type { Increment } from './history.js';
import type { World } from './world.js';

/** Something that is not as it was promised. */
export interface Violation {
  readonly what: string;
  /** The path of the target that it concerns; left out if it concerns all. */
  readonly path?: string;
}

/**
 * Compares what was promised with what came out, once nothing is pending. Each increment counts in a column of its own,
 * so that of each it is known how often it counts: in the rows, in the dead letters, and in those that were discarded.
 */
export async function check(world: World): Promise<Violation[]> {
  const { store, plan, observer, time, history } = world;
  const { waiting, batches } = await time.standStill(takeCensus(store.backend, plan, observer));
  const found = world.out();
  found.count(waiting);
  const increments = [...history.increments.values()];
  const problems = [
    ...world.problems,
    ...observer.problems,
    ...world.processes.flatMap((process) => process.problems),
  ];
  return [
    ...problems.map((what) => ({ what })),
    ...batches.map((id) => ({ what: `batch ${id} never ends` })),
    ...increments.flatMap((increment) => checkCount(world, increment, found.of(increment.mark))),
    ...plan.paths.flatMap((path) => checkRow(world, path)),
  ];
}

/**
 * How often an increment counts: once if it was acknowledged, never if it was refused, once or never if that is unknown.
 * - It may be missing if its process was told so. A process that has ended can be told nothing: then it may be missing
 *   if data was wiped or restored after it began.
 * - It may count more than once only as `Allowances` says: wiped data never comes back.
 */
function checkCount(world: World, increment: Increment, times: number): Violation[] {
  const { mark, path, outcome, process, toldLost, number } = increment;
  const hasEnded = world.living.every(({ name }) => name !== process);
  if (outcome === 'open' && !hasEnded) return [{ what: `${mark} never settles`, path }];
  const mayBeLost = toldLost || (hasEnded && number <= world.vanishedAfter);
  const least = outcome === 'acknowledged' && !mayBeLost ? 1 : 0;
  const most = outcome === 'refused' ? 0 : world.allowances.of(mark);
  if (least <= times && times <= most) return [];
  const range = least === most ? `${least}` : `${least} to ${most}`;
  return [{ what: `${mark} of ${process}, ${outcome}, counts ${times} times instead of ${range}`, path }];
}

/** The sum and the extra values of a row are those of the increments that it counts. */
function checkRow(world: World, path: string): Violation[] {
  const { database, history, plan, vanishedAfter } = world;
  const row = database.rows.get(path) ?? { sum: 0, newest: [], greatest: 0 };
  const applied = [...history.increments.values()].filter(
    (increment) => increment.path === path && database.applied.of(increment.mark) > 0,
  );
  const sum = applied.reduce((total, { amount, mark }) => total + amount * database.applied.of(mark), 0);
  const greatest = Math.max(0, ...applied.map(({ value }) => value));
  const wrong: Violation[] = [];
  if (row.sum !== sum) wrong.push({ what: `the sum of ${path} is ${row.sum} instead of ${sum}`, path });
  if (row.greatest !== greatest) {
    wrong.push({ what: `the greatest value of ${path} is ${row.greatest} instead of ${greatest}`, path });
  }
  // Partitions have no order among them, and restored data has another one.
  if (plan.partitions.length > 1 || vanishedAfter > 0) return wrong;
  return [...wrong, ...row.newest.flatMap(({ value, at }) => checkNewest(world, path, applied, value, at))];
}

/** A `last` value that comes into a row is none that was counted before what the row has. */
function checkNewest(
  { database, observer }: World,
  path: string,
  applied: readonly Increment[],
  value: number,
  at: number,
): Violation[] {
  const shown = applied.find((increment) => increment.value === value);
  // One whose outcome is unknown may still arrive after others.
  if (shown?.outcome !== 'acknowledged') return [];
  // What is redriven comes after what had been applied by then.
  const since = observer.redrivenAt.get(shown.mark) ?? 0;
  const newer = applied.find((other) => {
    const appliedAt = database.appliedAt.get(other.mark) ?? 0;
    return isNewer(other, shown) && since < appliedAt && appliedAt <= at;
  });
  if (newer === undefined) return [];
  return [
    { what: `the newest value of ${path} became that of ${shown.mark} instead of ${newer.mark}`, path },
  ];
}

/** Whether an increment was acknowledged, and began when another one had already ended. */
function isNewer(increment: Increment, other: Increment): boolean {
  return increment.outcome === 'acknowledged' && increment.beganAt > other.endedAt;
}
