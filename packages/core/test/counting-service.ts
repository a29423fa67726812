import { type Clock, createBuffer } from '@sluice/core';
import { type Backend, targetKey } from '../src/backend.js';
import { partitionOf } from '../src/support/partition.js';
import { quiet } from './wrap.js';

/** Counts as a service with this number of partitions does. Resolves with the partition of the target. */
export type CountingService = (views: number, id: number) => Promise<number>;

export function countingService(backend: Backend, partitions: number, clock: Clock): CountingService {
  const buffer = createBuffer({ backend, partitions, clock, logger: quiet });
  return async (views, id) => {
    await buffer.incr('Page', { views }, { id });
    return partitionOf(targetKey('Page', { id }), partitions);
  };
}
