import { check, type Violation } from './checker.js';
import { HAPPENS } from './events.js';
import { drawEvent, drawPause, type EventName, type Plan } from './plan.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { OpenStore } from './store.js';
import type { Trace } from './trace.js';
import { World } from './world.js';

/** What came of a run. */
export interface Result {
  readonly plan: Plan;
  readonly increments: number;
  readonly batches: number;
  readonly events: ReadonlyMap<EventName, number>;
  /** What is not as it was promised; empty if all is well. */
  readonly violations: readonly Violation[];
  readonly trace: Trace;
}

const MINUTE_MS = 60_000;
/** Nothing that was sent arrives later than this. */
const ALL_ARRIVED_MS = 3 * 24 * 60 * MINUTE_MS;
const MOST_ROUNDS = 300;

/** Makes a plan's events happen, one after the other; then lets everything heal and come out, and checks it. */
export async function run(plan: Plan, open: OpenStore): Promise<Result> {
  const world = await World.create(plan, open);
  const events = new Map<EventName, number>();
  for (let step = 0; step < plan.steps; step += 1) {
    const event = drawEvent(plan, world.random);
    events.set(event, (events.get(event) ?? 0) + 1);
    await HAPPENS[event](world);
    await world.time.advance(drawPause(world.random));
  }
  await end(world);
  return {
    plan,
    increments: world.history.increments.size,
    batches: world.database.ledger.size,
    events,
    violations: await check(world),
    trace: world.trace,
  };
}

async function end(world: World): Promise<void> {
  const { network, database, processes, living, trace, time } = world;
  Object.assign(network, { faults: 0, isAway: false });
  Object.assign(database, { faults: 0, isAway: false, isPaused: false, rejects: 0 });
  trace.add('driver', 'everything heals');
  for (const process of processes) process.resume();
  await becomeIdle(world, living);
  // What a process may only find out when it writes.
  for (const process of world.living) for (const path of process.paths) process.count(path, 1, '');
  await becomeIdle(world, living);
  const drainer = world.start();
  await drain(world, drainer);
  await time.advance(ALL_ARRIVED_MS);
  await drain(world, drainer);
}

async function becomeIdle({ time, problems }: World, processes: readonly SimulatedProcess[]): Promise<void> {
  for (const process of processes) {
    if (process.isAlive && !process.isClosing) process.do('flush', () => process.buffer.flush());
    if ((await time.until(process.idle(), 60 * MINUTE_MS)) || !process.isAlive) continue;
    problems.push(`${process.name} never ends this: ${process.doing}`);
  }
}

/** Processes until nothing is left. */
async function drain({ time, problems }: World, { buffer }: SimulatedProcess): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const processing = buffer.processPending();
    await time.until(processing, 60 * MINUTE_MS);
    const { dueInMs = 1 } = await processing;
    const stats = buffer.stats();
    await time.until(stats, MINUTE_MS);
    const { pending, claimed } = await stats;
    if (pending + claimed === 0) return;
    await time.advance(Math.max(1, dueInMs));
  }
  problems.push(`after ${MOST_ROUNDS} rounds something is still pending`);
}
