import { type Buffer, createBuffer } from '@sluice/core';
import { type Cost, costOf } from '../cost.js';
import { RedisMeter } from '../redis-meter.js';
import { sluiceOnRedis } from '../sluice.js';
import { distinctPaths, zipfPaths } from '../workload.js';

// As many as a write has at most.
const FULL = 250;
const PARTITIONS = 64;
const SMALL_BATCH = 10;
const LARGE_BATCH = 1000;
// 250 targets miss a few of 64 partitions.
const SPREAD_WRITES = PARTITIONS * (1 - (1 - 1 / PARTITIONS) ** FULL);
const LONGER_BY = 64;
// A busy Redis reads several packets when it is woken. The process that sends them is woken for each.
const PRODUCERS = 20;

export interface UnitCostSettings {
  readonly redisPort: number;
  readonly targets: number;
}

/** CPU time in microseconds, of Redis and of the process, and bytes of Redis. */
export type UnitCostFigures = {
  readonly redisPacket: number;
  readonly redisWrite: number;
  readonly redisNewTarget: number;
  readonly redisMergedTarget: number;
  readonly redisBatch: number;
  readonly redisClaimedTarget: number;
  readonly processIncrement: number;
  readonly processPacket: number;
  readonly processWrite: number;
  readonly processTarget: number;
  readonly workerBatch: number;
  readonly workerTarget: number;
  readonly bytesKeyByte: number;
};

/**
 * Sends packets of one write of one target, of one full write, and of as many targets in many writes. What one of them
 * takes more than another is what its parts take.
 */
export async function run({ redisPort, targets }: UnitCostSettings): Promise<UnitCostFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await passes(meter, redisPort, Math.max(FULL, targets / 10));
  return await passes(meter, redisPort, targets);
}

async function passes(meter: RedisMeter, port: number, targets: number): Promise<UnitCostFigures> {
  await meter.empty();
  const paths = distinctPaths(0, targets);
  const crowd = await count(meter, port, { paths, packet: 1, producers: PRODUCERS });
  await drain(meter, port, LARGE_BATCH);
  const single = await count(meter, port, { paths, packet: 1 });
  const small = await drain(meter, port, SMALL_BATCH);
  const full = await count(meter, port, { paths, packet: FULL });
  const again = await count(meter, port, { paths, packet: FULL });
  const large = await drain(meter, port, LARGE_BATCH);
  const spread = await count(meter, port, { paths, packet: FULL, partitions: PARTITIONS });
  const views = zipfPaths(10 * targets);
  const hot = await count(meter, port, { paths: views, packet: views.length });

  const redis = partsOf('redisMicros', { single, full, spread, small, large });
  const own = partsOf('clientMicros', { single, full, spread, small, large });
  const opened = new Set(views).size;
  // A cold target is counted once, so its own increment is in what it takes.
  const increment = (hot.clientMicros - opened * own.target) / (views.length - opened);
  return {
    redisPacket: crowd.redisMicros - redis.write - redis.target,
    redisWrite: redis.write,
    redisNewTarget: redis.target,
    redisMergedTarget: redis.target + (again.redisMicros - full.redisMicros) / FULL,
    redisBatch: redis.batch,
    redisClaimedTarget: redis.claimed,
    processIncrement: increment,
    processPacket: own.packet,
    processWrite: own.write,
    processTarget: own.target - increment,
    workerBatch: own.batch,
    workerTarget: own.claimed,
    bytesKeyByte: await bytesOfKeyByte(meter, port, targets),
  };
}

/** By packet or batch. */
type Taken = Pick<Cost, 'clientMicros' | 'redisMicros'>;

function partsOf(
  of: 'clientMicros' | 'redisMicros',
  samples: Readonly<Record<'single' | 'full' | 'spread' | 'small' | 'large', Taken>>,
) {
  const micros = (name: keyof typeof samples): number => samples[name][of];
  const target = (micros('full') - micros('single')) / (FULL - 1);
  const write = (micros('spread') - micros('full')) / (SPREAD_WRITES - 1);
  const claimed = (micros('large') - micros('small')) / (LARGE_BATCH - SMALL_BATCH);
  return {
    target,
    write,
    packet: micros('single') - write - target,
    claimed,
    batch: micros('small') - SMALL_BATCH * claimed,
  };
}

interface Counting {
  readonly paths: readonly string[];
  /** Increments a packet. */
  readonly packet: number;
  readonly partitions?: number;
  readonly producers?: number;
}

async function count(
  meter: RedisMeter,
  port: number,
  { paths, packet, partitions = 1, producers = 1 }: Counting,
): Promise<Taken> {
  const buffers = Array.from({ length: producers }, () =>
    createBuffer({ backend: sluiceOnRedis(port), partitions, lingerMs: 0 }),
  );
  for (const buffer of buffers) await buffer.stats(); // connects
  let next = 0;
  const send = async (buffer: Buffer): Promise<void> => {
    while (next < paths.length) {
      const from = next;
      next += packet;
      const sent = paths.slice(from, next).map((path) => buffer.incr('Page', { views: 1 }, { path }));
      // A flush asks the backend for its position, too, which would count for small packets.
      await (packet > FULL ? buffer.flush() : Promise.all(sent));
    }
  };
  const cost = await costOf(meter, () => Promise.all(buffers.map(send)));
  await Promise.all(buffers.map((buffer) => buffer.close()));
  return by(Math.ceil(paths.length / packet), cost);
}

async function drain(meter: RedisMeter, port: number, batchSize: number): Promise<Taken> {
  await using buffer = createBuffer({ backend: sluiceOnRedis(port), batchSize, sink: async () => {} });
  await buffer.stats(); // connects
  let batches = 0;
  const cost = await costOf(meter, async () => {
    batches = (await buffer.processPending()).batches;
  });
  return by(batches, cost);
}

function by(times: number, { clientMicros, redisMicros }: Cost): Taken {
  return { clientMicros: clientMicros / times, redisMicros: redisMicros / times };
}

/** What a target takes more for each byte of its key. */
async function bytesOfKeyByte(meter: RedisMeter, port: number, targets: number): Promise<number> {
  const bytes = async (paths: readonly string[]): Promise<number> => {
    await meter.empty();
    const before = await meter.memoryBytes();
    await count(meter, port, { paths, packet: FULL });
    return (await meter.memoryBytes()) - before;
  };
  const paths = distinctPaths(0, targets);
  const longer = paths.map((path) => path.padEnd(path.length + LONGER_BY, '-'));
  return ((await bytes(longer)) - (await bytes(paths))) / targets / LONGER_BY;
}
