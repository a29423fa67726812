import { setMaxListeners } from 'node:events';
import { randomFor } from '../random.js';
import { type Counts, FAULTS, type Fault } from './faults.js';
import { injectionsInto } from './injections.js';
import { Injector } from './injector.js';
import type { System } from './system.js';

// A round may take this many times as long as planned, and this much longer, before what has not fired is given up.
const PATIENCE_FACTOR = 5;
const PATIENCE_MS = 60_000;

/** What to inject in a round, and when. */
export interface Schedule {
  readonly name: string;
  readonly counts: Counts;
  /** The time over which the faults are spread. */
  readonly lastsMs: number;
}

/** Injects all faults of a round side by side; returns how often each one fired. */
export async function unleash(
  system: System,
  { name, counts, lastsMs }: Schedule,
  seed: number,
  onProgress: (line: string) => void,
): Promise<Counts> {
  const injections = injectionsInto(system);
  const injectors = FAULTS.filter((fault) => counts[fault]).map((fault) => {
    const random = randomFor(seed, `${name} ${fault}`);
    return new Injector(fault, counts[fault] ?? 0, injections[fault], random, lastsMs);
  });
  const limit = AbortSignal.timeout(PATIENCE_FACTOR * lastsMs + PATIENCE_MS);
  setMaxListeners(0, limit);
  const progress = setInterval(() => onProgress(`${name}: ${progressOf(injectors)}`), 10_000);
  try {
    await Promise.all(injectors.map((injector) => injector.run(concurrencyOf(injector.fault), limit)));
  } finally {
    clearInterval(progress);
  }
  return Object.fromEntries(injectors.map(({ fault, fired }) => [fault, fired]));
}

/** Replies are lost so often that several of these faults have to wait for their request at once. */
function concurrencyOf(fault: Fault): number {
  return fault.startsWith('reply') ? 4 : 1;
}

function progressOf(injectors: readonly Injector[]): string {
  const fired = injectors.reduce((sum, injector) => sum + injector.fired, 0);
  const planned = injectors.reduce((sum, injector) => sum + injector.planned, 0);
  const unfinished = injectors.filter((injector) => injector.fired < injector.planned);
  const kinds =
    unfinished.length > 3 ? `${unfinished.length} kinds` : unfinished.map(({ fault }) => fault).join(', ');
  return `${fired} of ${planned} faults fired, to go: ${kinds || 'none'}`;
}
