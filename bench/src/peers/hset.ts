import { Redis } from 'ioredis';
import { inFlight } from '../in-flight.js';

/*
 * What the hashes of Sluice take at least: HSET of the same fields and values, some hundreds a command, as Sluice writes
 * them. Nothing is read, merged, numbered or queued.
 */

const PARTITIONS = 8;
const FIELDS = 400;

/** Sets a field for each path. */
export async function setFields(port: number, paths: readonly string[]): Promise<void> {
  const client = new Redis(port, '127.0.0.1');
  const starts = Array.from({ length: Math.ceil(paths.length / FIELDS) }, (_, i) => i * FIELDS);
  await inFlight(PARTITIONS, starts, (start) => {
    const fields = paths
      .slice(start, start + FIELDS)
      .flatMap((path) => [`["Page","path","${path}"]`, '{"+views":"1"}']);
    return client.hset(`hset:${(start / FIELDS) % PARTITIONS}`, ...fields);
  });
  await client.quit();
}
