import { availableParallelism, cpus } from 'node:os';
import { RedisMeter } from './redis-meter.js';

/** What the figures were measured on. */
export interface Machine {
  readonly node: string;
  readonly redis: string;
  readonly platform: string;
  readonly cores: number;
  readonly cpu: string;
}

export async function inspectMachine(redisPort: number): Promise<Machine> {
  await using meter = await RedisMeter.connect(redisPort);
  return {
    node: process.versions.node,
    redis: await meter.version(),
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() || 'unknown',
  };
}

export function describeMachine({ node, redis, platform, cores, cpu }: Machine): string {
  return `Node ${node}, Redis ${redis}, ${platform}, ${cores} cores, CPU ${cpu}`;
}
