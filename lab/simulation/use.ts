import { pick } from '../src/random.js';
import type { World } from './world.js';

/** The extra value of a big entry: 8 KB of JSON. */
const BIG = 'x'.repeat(8190);

/** A process counts a few times. */
export function count(world: World): void {
  const process = world.any();
  for (let left = 1 + world.draw(4); left > 0; left -= 1) {
    const filling = world.draw(20) === 0 ? BIG : '';
    process.count(pick(world.random, world.plan.paths), 1 + world.draw(9), filling);
  }
}

/** A process works, as a worker does in one round. */
export function work(world: World): void {
  const process = world.any();
  process.do('processPending', () => process.buffer.processPending());
}

/** A process writes what it holds. */
export function flush(world: World): void {
  const process = world.any();
  process.do('flush', () => process.buffer.flush());
}

/** A process reads a count. While nothing leaves the backend, it must not fall. */
export function read(world: World): void {
  const { observer, problems, reads } = world;
  const process = world.any();
  const path = pick(world.random, world.plan.paths);
  const reader = `${process.name} ${path}`;
  const before = reads.get(reader);
  const changes = observer.changes;
  process.do('get', async () => {
    const { amount: value } = await process.buffer.get('Page', ['amount'], { path });
    world.trace.add(process.name, `got ${value} of ${path}`);
    if (changes !== observer.changes) return;
    reads.set(reader, { changes, value });
    if (before?.changes !== changes || before.value <= value) return;
    problems.push(`${process.name} read ${before.value} of ${path}, and then ${value}`);
  });
}

/** A process redrives or discards some of the dead letters. */
export function resolveLetters(world: World, how: 'redrive' | 'discard'): void {
  const process = world.any();
  process.do(how, async () => {
    const letters = await process.buffer.deadLetters.list();
    await process.buffer.deadLetters[how](letters.map(({ id }) => id).filter(() => world.draw(2) === 0));
  });
}

/** A process closes its buffer and ends; another one takes its place. */
export function close(world: World): void {
  world.any().close();
  world.start();
}
