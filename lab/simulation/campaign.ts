import { EVENTS, type EventName, planOf } from './plan.js';
import { type Result, run } from './run.js';
import type { OpenStore } from './store.js';

/** What came of many runs. */
export interface Summary {
  readonly runs: number;
  readonly increments: number;
  readonly batches: number;
  /** How often each event happened. */
  readonly events: ReadonlyMap<EventName, number>;
  readonly last: Result | undefined;
}

export interface CampaignOptions {
  /** The first seed; the others follow. */
  readonly seed: number;
  readonly runs: number;
  /** Whether disasters may meet in one run. */
  readonly together?: boolean;
  /** Called after each run, with the number of runs so far. */
  readonly onRun?: (runs: number) => void;
}

/** Makes runs, until one breaks a promise. */
export async function campaign(
  open: OpenStore,
  { seed, runs, together = false, onRun = () => {} }: CampaignOptions,
): Promise<Summary> {
  const results: Omit<Result, 'trace'>[] = [];
  let last: Result | undefined;
  while (results.length < runs && !last?.violations.length) {
    last = await run(planOf(seed + results.length, together), open);
    const { trace, ...result } = last;
    results.push(result);
    onRun(results.length);
  }
  const total = (count: (result: Omit<Result, 'trace'>) => number): number =>
    results.reduce((sum, result) => sum + count(result), 0);
  return {
    runs: results.length,
    increments: total(({ increments }) => increments),
    batches: total(({ batches }) => batches),
    events: new Map(EVENTS.map((event) => [event, total(({ events }) => events.get(event) ?? 0)])),
    last,
  };
}
