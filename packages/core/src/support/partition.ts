import CRC32 from 'crc-32';

/** The most partitions a buffer may have. */
export const MAX_PARTITIONS = 4096;

const encoder = /* @__PURE__ */ new TextEncoder();
// Room for the UTF-8 of most target keys; a longer one gets a separate array.
const scratch = /* @__PURE__ */ new Uint8Array(1024);

/**
 * The partition of a target: crc32 of the target key's UTF-8 bytes, as zlib computes it, modulo the number of
 * partitions. The library returns a signed number; `>>> 0` makes it the unsigned one before the modulo.
 */
export function partitionOf(key: string, partitions: number): number {
  return (CRC32.buf(utf8(key)) >>> 0) % partitions;
}

/**
 * Encoded here, since `CRC32.str` calls a method of the string for each character: three times as slow in a process
 * where some class extends String. One in ioredis does, and V8 then looks up every string method at each call.
 */
function utf8(key: string): Uint8Array {
  const { read, written } = encoder.encodeInto(key, scratch);
  return read === key.length ? scratch.subarray(0, written) : encoder.encode(key);
}
