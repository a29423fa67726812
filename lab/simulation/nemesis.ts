import type { Write } from '@sluice/core/backend';
import { pick } from '../src/random.js';
import { takeCensus, toCome } from './census.js';
import { Tally } from './history.js';
import type { World } from './world.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const SPELLS = [SECOND / 2, 5 * SECOND, HOUR];
const JUMPS = [SECOND, 60 * SECOND, HOUR, 48 * HOUR];
/** More producers than a partition keeps records of. */
const HERD = 1100;

export function killProcess(world: World): void {
  world.any().kill();
  world.start();
}

/** Another process with the same random numbers starts: it draws the same ids. */
export function startTwin(world: World): void {
  world.start(world.any());
}

export function suspendProcess(world: World): void {
  const process = world.any();
  process.suspend();
  world.time.after(drawSpell(world), () => process.resume());
}

export function setProcessClock(world: World): void {
  const process = world.any();
  process.skewMs += drawJump(world);
  world.trace.add(process.name, `its clock is ${process.skewMs} ms off`);
}

export function setBackendClock(world: World): void {
  world.serverClock.skewMs += drawJump(world);
  world.trace.add('nemesis', `the clock of the backend is ${world.serverClock.skewMs} ms off`);
}

/** The backend or the database cannot be reached for a while. */
export function takeAway(world: World, what: 'network' | 'database'): void {
  const service = world[what];
  service.isAway = true;
  world.trace.add('nemesis', `the ${what} is away`);
  world.time.after(drawSpell(world), () => {
    service.isAway = false;
  });
}

export async function wipe(world: World): Promise<void> {
  await world.time.standStill(world.store.wipe());
  vanish(world, 'all data is wiped');
}

/** Copies the data. Half of the time, no batch is applied until it is put back: then nothing may count twice. */
export async function takeSnapshot(world: World): Promise<void> {
  const { time, store, plan, observer, database, trace, history } = world;
  const putBack = await time.standStill(store.snapshot());
  const census = await time.standStill(takeCensus(store.backend, plan, observer));
  world.copy = { census, madeAt: history.next(), putBack };
  database.isPaused = world.draw(2) === 0;
  trace.add('nemesis', `the data is copied${database.isPaused ? ', and no batch is applied' : ''}`);
}

/** The data goes back to what it was when it was copied. */
export async function restore(world: World): Promise<void> {
  const { copy, time, observer, database, allowances, history, network, plan } = world;
  if (copy === undefined) return;
  if (!plan.together) {
    if (world.vanishedAfter > 0) return;
    // The server was another one: what was on its way to it is gone.
    network.dropSent();
  }
  await time.standStill(copy.putBack());
  const vanished = [...observer.batches.keys()].filter(
    (id) => !database.ledger.has(id) && !copy.census.batches.includes(id),
  );
  if (database.isPaused) for (const id of vanished) database.stopped.add(id);
  const underWay = new Tally();
  for (const id of vanished) if (!database.stopped.has(id)) underWay.count(observer.marksOf(id));
  const held = toCome(copy.census, observer, database.ledger);
  const writtenSince = (mark: string) => (observer.addedAt.get(mark) ?? 0) > copy.madeAt;
  allowances.restored(history.increments.keys(), writtenSince, held, world.out(), underWay);
  vanish(world, 'the copy of the data is put back');
  database.isPaused = false;
}

/** So many producers write that the backend removes the records of others. Their writes are empty. */
export async function forgetRecords(world: World): Promise<void> {
  const { store, trace, time, plan, random } = world;
  const partition = world.draw(Math.max(...plan.partitions));
  const herd = `herd ${time.now}`;
  trace.add('nemesis', `${HERD} producers write`, partition);
  const { backend } = store;
  const { epoch, position } = await time.standStill(backend.join(partition, pick(random, plan.partitions)));
  const writes = Array.from({ length: HERD }, (_, index): Write => {
    const producer = `${herd}-${index}`;
    return { partition, producer, number: 1, follows: 0, nonce: producer, epoch, position, entries: [] };
  });
  await time.standStill(Promise.all(writes.map((write) => backend.add(write))));
}

function vanish(world: World, what: string): void {
  world.trace.add('nemesis', what);
  world.observer.changes += 1;
  world.vanishedAfter = world.history.increments.size;
}

function drawSpell(world: World): number {
  return 1 + world.draw(pick(world.random, SPELLS));
}

function drawJump(world: World): number {
  const size = world.draw(pick(world.random, JUMPS));
  return world.draw(2) === 0 ? size : -size;
}
