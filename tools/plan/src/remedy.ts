import type { Costs } from './costs.js';
import { type Given, layoutFor } from './layout.js';
import { type LimitName, usesOf } from './limits.js';
import { loadOf } from './load.js';
import type { Workload } from './workload.js';

const OPTIONS = {
  process: 'processes',
  nodeCpu: 'lingerMs',
  nodeMemory: 'nodeMemory',
  database: 'intervalMs',
} satisfies Partial<Record<LimitName, keyof Workload>>;

export interface Remedy {
  readonly limit: LimitName;
  /** What to raise, to which round value; left out if that alone does not help. */
  readonly raise?: { readonly option: keyof Workload; readonly to: number };
}

/** The least round value of one option with which the limit is not exceeded. */
export function remedyOf(limit: LimitName, workload: Workload, given: Given, costs: Costs): Remedy {
  const option = limit in OPTIONS ? OPTIONS[limit as keyof typeof OPTIONS] : undefined;
  if (option === undefined) return { limit };
  const to = roundNumbers(workload[option]).find((value) => {
    const changed = { ...workload, [option]: value };
    const layout = layoutFor(changed, given, costs);
    return usesOf(changed, layout, loadOf(changed, layout, costs))[limit] <= 1;
  });
  return to === undefined ? { limit } : { limit, raise: { option, to } };
}

/** Above a value: 1, 2, 5, 10, 20 … up to a hundred thousand times as much. */
function roundNumbers(above: number): number[] {
  const first = 10 ** Math.floor(Math.log10(Math.max(1, above)));
  const powers = Array.from({ length: 6 }, (_, i) => first * 10 ** i);
  return powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((value) => value > above);
}
