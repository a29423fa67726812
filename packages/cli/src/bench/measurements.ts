import type { Buffer } from '@sluice/core';

/** How long each part may take, in milliseconds, and what ends all. */
export interface Budget {
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** Milliseconds that an increment takes, each awaited before the next. */
export interface RoundTrips {
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** Callers that await their increments side by side, as in a busy service. */
export const CALLERS = 5000;

export const HOT_TARGETS = 1000;

/** Targets that a round writes before they are applied again: some megabytes on the server. */
const ROUND_TARGETS = 20_000;

export async function roundTrips(buffer: Buffer, budget: Budget): Promise<RoundTrips> {
  const times: number[] = [];
  for (const isGoing = within(budget); isGoing(); ) {
    const since = performance.now();
    await buffer.incr('Page', { views: 1 }, { path: '/one' });
    times.push(performance.now() - since);
  }
  times.sort((a, b) => a - b);
  return { medianMs: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

/** Awaited increments a second, of targets that many callers share. */
export async function hotIncrements(buffer: Buffer, budget: Budget): Promise<number> {
  const since = performance.now();
  const isGoing = within(budget);
  let count = 0;
  const call = async (): Promise<void> => {
    while (isGoing()) {
      count += 1;
      await buffer.incr('Page', { views: 1 }, { path: `/hot/${count % HOT_TARGETS}` });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return perSecond(count, performance.now() - since);
}

/** Targets a second, in and out again. */
export interface Throughput {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

/** Writes targets that are new each time, and applies them to nowhere, in turn. */
export async function newTargets(buffer: Buffer, budget: Budget): Promise<Throughput> {
  let [count, inMs, outMs] = [0, 0, 0];
  for (const isGoing = within(budget); isGoing(); ) {
    const began = performance.now();
    const round = Array.from({ length: ROUND_TARGETS }, (_, i) => ({ path: `/new/${count + i}` }));
    await Promise.all(round.map((filters) => buffer.incr('Page', { views: 1 }, filters)));
    const written = performance.now();
    await buffer.processPending();
    outMs += performance.now() - written;
    inMs += written - began;
    count += ROUND_TARGETS;
  }
  return { inPerSecond: perSecond(count, inMs), outPerSecond: perSecond(count, outMs) };
}

/** Whether there is time left; at first there is. */
function within({ ms, signal }: Budget): () => boolean {
  let end: number | undefined;
  return () => {
    signal.throwIfAborted();
    const now = performance.now();
    end ??= now + ms;
    return now < end;
  };
}

function perSecond(count: number, ms: number): number {
  return Math.round((count / ms) * 1000);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
