import { type Backend, type Buffer, createBuffer, type Sink } from '@sluice/core';
import { BACKEND_METHODS, type BackendMethod } from '@sluice/core/backend';
import { quantile } from 'simple-statistics';
import { RedisMeter } from '../redis-meter.js';
import { SHAPES, type Shape, type ShapeName } from '../shapes.js';
import { sluiceOnRedis } from '../sluice.js';
import { type BusyMs, timedBackend } from '../timed-backend.js';
import { distinctPaths } from '../workload.js';

// As many as a page shows.
const READ = 250;
// Fewer than a buffer holds.
const TOGETHER = 5000;
const JOINS = 100;

export interface ShapeSettings {
  readonly redisPort: number;
  readonly shape: ShapeName;
  readonly targets: number;
}

/** For how long a script of each method kept Redis busy at the 99th percentile, and at the longest; 0 for those not run. */
export type ShapeFigures = Readonly<Record<`${BackendMethod} ${'p99Ms' | 'longestMs'}`, number>>;

/** Counts, merges, reads, drains, gives up, redrives and drains entries of one shape. */
export async function run({ redisPort, shape, targets }: ShapeSettings): Promise<ShapeFigures> {
  const chosen: Shape = SHAPES[shape];
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  await addProducers(redisPort, chosen.producers ?? 0);
  await using timed = await timedBackend(redisPort, meter);
  const paths = distinctPaths(0, Math.ceil(targets / (chosen.oneOf ?? 1)));
  const keyed = paths.map((path) => path.padEnd((chosen.keyLength ?? 0) - '["Page","path",""]'.length, '-'));
  await pass(timed.backend, chosen, keyed.slice(0, Math.ceil(keyed.length / 10)));
  timed.take();
  await pass(timed.backend, chosen, keyed);
  return figuresOf(timed.take());
}

/** Records of producers that write no more. */
async function addProducers(redisPort: number, count: number): Promise<void> {
  const backend = sluiceOnRedis(redisPort);
  for (let i = 0; i < count; i += 1) {
    const at = await backend.join(0, 1);
    await backend.add({
      partition: 0,
      ...at,
      producer: `former-${i}`,
      number: 1,
      follows: 0,
      nonce: 'n',
      entries: [],
    });
  }
  await backend.close();
}

async function pass(backend: Backend, shape: Shape, paths: readonly string[]): Promise<void> {
  let rejecting = true;
  const sink: Sink = async ({ entries }) => {
    // What is read now is in the batch under way.
    await look();
    return { rejected: rejecting ? entries.map((_, index) => ({ index, reason: 'the bench' })) : [] };
  };
  const { batchSize = 1000 } = shape;
  await using buffer = createBuffer({ backend, sink, batchSize, partitions: 1 });
  buffer.on('buried', () => {});
  const look = async (): Promise<void> => {
    await buffer.getMany(
      'Page',
      ['views'],
      paths.slice(-READ).map((path) => ({ path })),
    );
    await buffer.stats();
  };
  for (let i = 0; i < JOINS; i += 1) await backend.join(0, 1);
  await count(buffer, shape.first, paths);
  await count(buffer, shape.second ?? shape.first, paths);
  await buffer.processPending();
  await buffer.deadLetters.redrive('all');
  rejecting = false;
  await buffer.processPending();
  const { pending, claimed, dead } = await buffer.stats();
  if (pending + claimed + dead > 0) throw new Error('The drain left something behind.');
}

async function count(
  buffer: Buffer,
  { columns, extras }: Shape['first'],
  paths: readonly string[],
): Promise<void> {
  for (let from = 0; from < paths.length; from += TOGETHER) {
    const all = paths
      .slice(from, from + TOGETHER)
      .map((path) => buffer.incr('Page', columns, { path }, extras));
    // Refusals are part of some shapes.
    await Promise.allSettled(all);
  }
}

function figuresOf(busyMs: BusyMs): ShapeFigures {
  const figures = BACKEND_METHODS.flatMap((method) => {
    const times = [...(busyMs.get(method) ?? [0])];
    return [
      [`${method} p99Ms`, quantile(times, 0.99)],
      [`${method} longestMs`, Math.max(...times)],
    ];
  });
  return Object.fromEntries(figures);
}
