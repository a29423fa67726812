import CRC32 from 'crc-32';

/** The most partitions a buffer may have. */
export const MAX_PARTITIONS = 4096;

/**
 * The partition of a target: crc32 of the target key's UTF-8 bytes, as zlib computes it, modulo the number of
 * partitions. The library answers a signed number; `>>> 0` makes it the unsigned one before the modulo.
 */
export function partitionOf(key: string, partitions: number): number {
  return (CRC32.str(key) >>> 0) % partitions;
}
