import calculateSlot from 'cluster-key-slot';

const SLOTS = 16_384;

/** The keys of one partition. They share a hash tag: one script may touch them all, on any one node of a cluster. */
export interface PartitionKeys {
  readonly entries: string;
  readonly pending: string;
  readonly batch: string;
  readonly dead: string;
  readonly deadOrder: string;
  readonly state: string;
}

/** Names the keys below a prefix. */
export class Keys {
  /** The set of partitions that were ever used. */
  readonly partitions: string;
  /** The set of the numbers of partitions that producers joined with. */
  readonly partitionCounts: string;
  readonly #prefix: string;
  readonly #byPartition = new Map<number, PartitionKeys>();

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.partitions = `${prefix}:partitions`;
    this.partitionCounts = `${prefix}:partition-counts`;
  }

  of(partition: number): PartitionKeys {
    let keys = this.#byPartition.get(partition);
    if (keys === undefined) {
      const base = `${this.#prefix}:{${tagOf(partition)}}`;
      keys = {
        entries: `${base}:entries`,
        pending: `${base}:pending`,
        batch: `${base}:batch`,
        dead: `${base}:dead`,
        deadOrder: `${base}:dead-order`,
        state: `${base}:state`,
      };
      this.#byPartition.set(partition, keys);
    }
    return keys;
  }
}

/**
 * The hash tag of a partition: its number, and a suffix chosen so that the first N tags divide the slots evenly, for
 * any N. The partition's bits in reverse order name its share of the slots (0, ½, ¼, ¾, ⅛ …), as in a van der
 * Corput sequence. It depends on the partition alone, so that N can change while entries wait.
 */
export function tagOf(partition: number): string {
  const bits = partition.toString(2).padStart(LEAST_BITS, '0');
  const share = Number.parseInt([...bits].reverse().join(''), 2);
  const width = SLOTS / 2 ** bits.length;
  for (let suffix = 0; ; suffix += 1) {
    const tag = suffix === 0 ? `${partition}` : `${partition}-${suffix}`;
    if (Math.floor(calculateSlot(tag) / width) === share) return tag;
  }
}

// 256 shares are even enough for any cluster, and take about 256 tries to find.
const LEAST_BITS = 8;
