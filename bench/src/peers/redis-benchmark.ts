import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/*
 * `redis-benchmark`, the program that comes with Redis: 50 connections with 100 commands in flight each, written in C.
 * It shows what the server can do.
 */

const PIPELINE = 100;

/** What it counts in: a hash for each target, or one hash with a field for each target. */
const COMMANDS = {
  distinct: ['HINCRBY', 'key:__rand_int__', 'views', '1'],
  'hot hash': ['HINCRBY', 'hot', 'field:__rand_int__', '1'],
} as const;

export interface RedisBenchmark {
  readonly port: number;
  readonly command: keyof typeof COMMANDS;
  readonly requests: number;
  /** The number of targets to draw from. */
  readonly targets: number;
}

/** Resolves with its requests per second. */
export async function redisBenchmark({ port, command, requests, targets }: RedisBenchmark): Promise<number> {
  const settings = ['-p', port, '-P', PIPELINE, '-n', requests, '-r', targets, '--csv'].map(String);
  const { stdout } = await promisify(execFile)('redis-benchmark', [...settings, ...COMMANDS[command]]);
  // "test","rps","avg_latency_ms",… and below it the figures.
  const perSecond = Number(stdout.trim().split('\n').at(-1)?.split('","')[1]);
  if (!(perSecond > 0)) throw new Error(`redis-benchmark printed: ${stdout}`);
  return perSecond;
}
