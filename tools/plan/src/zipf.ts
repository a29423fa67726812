/** How increments divide among targets. */
export interface Distribution {
  /** The share of the target that is counted most. */
  readonly greatestShare: number;
  /** How many different targets so many increments have, on average. */
  distinct(increments: number): number;
}

/** Targets that are counted about equally often. */
interface Block {
  readonly targets: number;
  readonly weight: number;
}

// Within a block of ranks that differ by this factor, weights differ too little to matter.
const GROWTH = 1.01;

/**
 * The target of rank r gets a share in proportion to r^−exponent. With exponent 0 all are alike.
 *
 *     distinct(k) = Σ 1 − (1 − share of the target)^k
 */
export function zipf(targets: number, exponent: number): Distribution {
  const blocks = blocksOf(targets, exponent);
  const total = blocks.reduce((sum, { targets, weight }) => sum + targets * weight, 0);
  return {
    greatestShare: 1 / total,
    distinct: (increments) =>
      blocks.reduce((sum, { targets, weight }) => sum + targets * chanceOfAny(weight / total, increments), 0),
  };
}

/** How likely at least one of some increments is for a target with this share of them. */
export function chanceOfAny(share: number, increments: number): number {
  return share >= 1 ? 1 : -Math.expm1(increments * Math.log1p(-share));
}

function blocksOf(targets: number, exponent: number): Block[] {
  const blocks: Block[] = [];
  for (let first = 1; first <= targets; ) {
    const next = Math.min(targets + 1, Math.max(first + 1, Math.floor(first * GROWTH)));
    const size = next - first;
    const weight = size === 1 ? first ** -exponent : integral(first - 0.5, next - 0.5, exponent) / size;
    blocks.push({ targets: size, weight });
    first = next;
  }
  return blocks;
}

/** Of x^−exponent. */
function integral(from: number, to: number, exponent: number): number {
  const power = 1 - exponent;
  return Math.abs(power) < 1e-9 ? Math.log(to / from) : (to ** power - from ** power) / power;
}
