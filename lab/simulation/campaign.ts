import { type EventName, planOf } from './plan.js';
import { type Result, run } from './run.js';
import type { OpenStore } from './store.js';

/** What came of many runs. */
export interface Summary {
  runs: number;
  increments: number;
  batches: number;
  readonly events: Map<EventName, number>;
  /** The first run that broke a promise. */
  failed?: { readonly seed: number; readonly result: Result };
}

/** Makes runs with seeds in a row, until one breaks a promise. */
export async function campaign(
  open: OpenStore,
  firstSeed: number,
  runs: number,
  onRun: (runs: number) => void = () => {},
): Promise<Summary> {
  const summary: Summary = { runs: 0, increments: 0, batches: 0, events: new Map() };
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const result = await run(planOf(seed), open);
    summary.runs += 1;
    summary.increments += result.increments;
    summary.batches += result.batches;
    for (const [event, times] of result.events) {
      summary.events.set(event, (summary.events.get(event) ?? 0) + times);
    }
    if (result.violations.length > 0) return { ...summary, failed: { seed, result } };
    onRun(summary.runs);
  }
  return summary;
}
