import calculateSlot from 'cluster-key-slot';

/** The keys of one partition. They share a hash tag: one script may touch them all, on any one node of a cluster. */
export interface PartitionKeys {
  readonly entries: string;
  readonly pending: string;
  readonly batch: string;
  readonly dead: string;
  readonly deadOrder: string;
  readonly state: string;
}

/** On as many nodes of a cluster, if it has so many: what one of them lacks, or keeps from us, the others have. */
const COPIES = 8;

/** Names the keys below a prefix. */
export class Keys {
  /** Sets of the numbers of partitions that producers joined with: copies, spread evenly over the slots of a cluster. */
  readonly partitionCounts: readonly string[];
  /** Where older versions kept the set of partitions that were ever used. */
  readonly olderPartitions: string;
  readonly #prefix: string;
  readonly #byPartition = new Map<number, PartitionKeys>();

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.partitionCounts = Array.from({ length: COPIES }, (_, i) => `${this.#base(i)}:partition-counts`);
    this.olderPartitions = `${prefix}:partitions`;
  }

  of(partition: number): PartitionKeys {
    let keys = this.#byPartition.get(partition);
    if (keys === undefined) {
      const base = this.#base(partition);
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

  /** With the hash tag of a partition. */
  #base(partition: number): string {
    return `${this.#prefix}:{${tagOf(partition)}}`;
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
  const shift = SLOT_BITS - bits.length;
  const tag = `${partition}`;
  if (calculateSlot(tag) >> shift === share) return tag;
  for (let digits = 1; ; digits += 1) {
    const zeros = calculateSlot(`${tag}-${'0'.repeat(digits)}`);
    const end = 10 ** digits;
    for (let suffix = digits === 1 ? 1 : end / 10; suffix < end; suffix += 1) {
      if ((zeros ^ changeOf(suffix, digits)) >> shift === share) return `${tag}-${suffix}`;
    }
  }
}

/**
 * How the slot of a tag changes when the zeros at its end become this number. CRC16 is linear, so what is before them
 * does not matter: this is worked out once, where the slots of all the tags that are tried would take seconds.
 */
function changeOf(suffix: number, digits: number): number {
  CHANGES[suffix] ??= calculateSlot(`${suffix}`) ^ calculateSlot('0'.repeat(digits));
  return CHANGES[suffix];
}

const CHANGES: number[] = [];

const SLOT_BITS = 14;

// 256 shares are even enough for any cluster, and take about 256 tries to find.
const LEAST_BITS = 8;
