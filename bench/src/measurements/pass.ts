import { type Cost, costOf } from '../cost.js';
import type { Counter, Drain } from '../counter.js';
import { openSentry, openSentryDrain } from '../peers/sentry.js';
import { RedisMeter } from '../redis-meter.js';
import { openSluice, openSluiceDrain, sluiceOnRedis } from '../sluice.js';
import { warmUpOf } from '../stopwatch.js';
import { distinctPaths } from '../workload.js';

interface Contestant {
  openCounter(port: number): Promise<Counter>;
  openDrain(port: number): Promise<Drain>;
}

const CONTESTANTS = {
  sluice: {
    openCounter: (port) => openSluice({ backend: sluiceOnRedis(port), lingerMs: 0 }),
    openDrain: (port) => openSluiceDrain(sluiceOnRedis(port)),
  },
  sentry: { openCounter: openSentry, openDrain: openSentryDrain },
} satisfies Record<string, Contestant>;

export interface PassSettings {
  readonly contestant: keyof typeof CONTESTANTS;
  readonly redisPort: number;
  readonly targets: number;
}

/** CPU times are microseconds a target: of this process, and of Redis. */
export type PassFigures = {
  readonly inPerSecond: number;
  readonly inClientMicros: number;
  readonly inRedisMicros: number;
  readonly bytesPerTarget: number;
  readonly outPerSecond: number;
  readonly outClientMicros: number;
  readonly outRedisMicros: number;
  readonly longestInMs: number;
  readonly longestOutMs: number;
};

/** Counts one view of each of many pages, and drains them. */
export async function run({ contestant, redisPort, targets }: PassSettings): Promise<PassFigures> {
  const { openCounter, openDrain } = CONTESTANTS[contestant];
  await using meter = await RedisMeter.connect(redisPort);
  const countIn = async (paths: readonly string[]): Promise<Cost> => {
    await using counter = await openCounter(redisPort);
    return await costOf(meter, () => counter.count(paths));
  };
  const drainOut = async (expected: number): Promise<Cost> => {
    await using drain = await openDrain(redisPort);
    let drained = 0;
    const cost = await costOf(meter, async () => {
      drained = await drain.drain();
    });
    if (drained !== expected) throw new Error(`Drained ${drained} targets of ${expected}.`);
    return cost;
  };

  await meter.empty();
  const warmUp = warmUpOf(targets);
  await countIn(distinctPaths(0, warmUp, 'warm-up'));
  await drainOut(warmUp);

  const paths = distinctPaths(0, targets);
  await meter.empty();
  const bytesBefore = await meter.memoryBytes();
  const counted = await countIn(paths);
  const longestInMs = await meter.longestMs();
  const bytes = (await meter.memoryBytes()) - bytesBefore;
  const drained = await drainOut(targets);
  return {
    inPerSecond: targets / counted.seconds,
    inClientMicros: counted.clientMicros / targets,
    inRedisMicros: counted.redisMicros / targets,
    bytesPerTarget: bytes / targets,
    outPerSecond: targets / drained.seconds,
    outClientMicros: drained.clientMicros / targets,
    outRedisMicros: drained.redisMicros / targets,
    longestInMs,
    longestOutMs: await meter.longestMs(),
  };
}
