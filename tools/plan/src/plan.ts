import type { Costs } from './costs.js';
import { type Given, layoutFor } from './layout.js';
import { type Limit, limitsOf } from './limits.js';
import { type Load, loadOf } from './load.js';
import { type Remedy, remedyOf } from './remedy.js';
import type { Layout, Workload } from './workload.js';

export interface Plan {
  readonly workload: Workload;
  readonly layout: Layout;
  readonly load: Load;
  /** What fills up as the rate grows, the first one first. */
  readonly limits: readonly Limit[];
  /** For each limit that is exceeded already. */
  readonly remedies: readonly Remedy[];
}

/** Partitions, nodes and workers for the workload. */
export function planFor(workload: Workload, given: Given, costs: Costs): Plan {
  const layout = layoutFor(workload, given, costs);
  const limits = limitsOf(workload, layout, costs);
  const exceeded = limits.filter(({ use }) => use > 1);
  return {
    workload,
    layout,
    load: loadOf(workload, layout, costs),
    limits,
    remedies: exceeded.map(({ limit }) => remedyOf(limit, workload, given, costs)),
  };
}
