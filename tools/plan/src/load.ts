import { busiestShare } from './busiest-node.js';
import { type Costs, MEASURED_KEY_BYTES } from './costs.js';
import { type Flushes, flushesOf, touchedBy, writesOf } from './flushes.js';
import type { Layout, Workload } from './workload.js';
import { chanceOfAny, type Distribution, zipf } from './zipf.js';

/** Partitions that a worker works on at a time. */
export const CONCURRENCY = 4;

const MILLION = 1e6;

/** What a workload asks of a layout. Shares are of what is there: above 1, it is too little. */
export interface Load {
  readonly process: Flushes & {
    readonly incrementsPerSecond: number;
    readonly writes: number;
    readonly cpu: number;
  };
  readonly redis: {
    readonly packetsPerSecond: number;
    readonly writesPerSecond: number;
    readonly targetsPerSecond: number;
    /** In cores, of all nodes. */
    readonly cpu: number;
    /** Of one core. */
    readonly busiestNodeCpu: number;
    /** Of one core: the target that is counted most, which cannot be divided. */
    readonly hottestTargetCpu: number;
  };
  readonly backlog: {
    readonly targets: number;
    readonly bytes: number;
    readonly busiestNodeBytes: number;
  };
  readonly out: {
    readonly rowsPerSecond: number;
    readonly batchesPerSecond: number;
    /** In cores, of all workers. */
    readonly workerCpu: number;
    /** Batches that sinks work on at a time, on average. */
    readonly batchesAtATime: number;
  };
}

export function loadOf(workload: Workload, layout: Layout, costs: Costs): Load {
  const distribution = zipf(workload.targets, workload.zipf);
  const process = processOf(workload, layout, costs, distribution);
  const out = outOf(workload, layout, costs, distribution);
  const redis = redisOf(workload, layout, costs, distribution, process, out);
  return { process, redis, backlog: backlogOf(workload, layout, costs, distribution), out };
}

function processOf(
  workload: Workload,
  layout: Layout,
  costs: Costs,
  distribution: Distribution,
): Load['process'] {
  const incrementsPerSecond = workload.rate / workload.processes;
  // Without a linger, increments gather while a write is under way.
  const windowMs = Math.max(workload.lingerMs, workload.roundTripMs);
  const { maxTargets } = workload;
  const flushes = flushesOf({ rate: incrementsPerSecond, windowMs, maxTargets }, distribution);
  const writes = writesOf(flushes.targets, layout.partitions);
  const flushMicros =
    packetsOf(writes, layout) * costs.processPacket +
    writes * costs.processWrite +
    flushes.targets * costs.processTarget;
  const cpu = (incrementsPerSecond * costs.processIncrement + flushes.perSecond * flushMicros) / MILLION;
  return { ...flushes, incrementsPerSecond, writes, cpu };
}

/** What is written to one node at once leaves in one packet. */
function packetsOf(writes: number, { nodes }: Layout): number {
  return Math.min(writes, touchedBy(writes, nodes));
}

/** Between two rounds of a worker, increments of all processes merge in Redis: a row for each target. */
function outOf(
  workload: Workload,
  { partitions }: Layout,
  costs: Costs,
  distribution: Distribution,
): Load['out'] {
  const { rate, intervalMs, batchSize, batchMs } = workload;
  const interval = intervalMs / 1000;
  const rows = distribution.distinct(rate * interval);
  const touched = touchedBy(rows, partitions);
  const batchesPerSecond = (touched * Math.ceil(rows / touched / batchSize)) / interval;
  const rowsPerSecond = rows / interval;
  return {
    rowsPerSecond,
    batchesPerSecond,
    workerCpu: (rowsPerSecond * costs.workerRow + batchesPerSecond * costs.workerBatch) / MILLION,
    batchesAtATime: ((rowsPerSecond / batchSize) * batchMs) / 1000,
  };
}

function redisOf(
  { processes }: Workload,
  layout: Layout,
  costs: Costs,
  { greatestShare }: Distribution,
  flushes: Load['process'],
  { rowsPerSecond, batchesPerSecond }: Load['out'],
): Load['redis'] {
  const flushesPerSecond = processes * flushes.perSecond;
  const packetsPerSecond = flushesPerSecond * packetsOf(flushes.writes, layout);
  const writesPerSecond = flushesPerSecond * flushes.writes;
  const targetsPerSecond = flushesPerSecond * flushes.targets;
  // What a claim takes has come once; all else of it was merged.
  const newPerSecond = Math.min(targetsPerSecond, rowsPerSecond);
  const cpu =
    (packetsPerSecond * costs.redisPacket +
      writesPerSecond * costs.redisWrite +
      newPerSecond * costs.redisNewTarget +
      (targetsPerSecond - newPerSecond) * costs.redisMergedTarget +
      batchesPerSecond * costs.redisBatch +
      rowsPerSecond * costs.redisClaimedTarget) /
    MILLION;
  const hottestPerSecond = flushesPerSecond * chanceOfAny(greatestShare, flushes.increments);
  const hottestTargetCpu = (hottestPerSecond * costs.redisMergedTarget) / MILLION;
  const evenly = cpu - hottestTargetCpu;
  const busiestNodeCpu = evenly * busiestShare(layout) + hottestTargetCpu;
  return { packetsPerSecond, writesPerSecond, targetsPerSecond, cpu, busiestNodeCpu, hottestTargetCpu };
}

/** How much has gathered by the end of an outage that began just before a round. */
function backlogOf(
  workload: Workload,
  layout: Layout,
  costs: Costs,
  distribution: Distribution,
): Load['backlog'] {
  const { rate, outage, intervalMs, keyBytes } = workload;
  const targets = distribution.distinct(rate * (outage + intervalMs / 1000));
  const bytes = targets * (costs.bytesTarget + (keyBytes - MEASURED_KEY_BYTES) * costs.bytesKeyByte);
  return { targets, bytes, busiestNodeBytes: bytes * busiestShare(layout) };
}
