import { setTimeout as sleep } from 'node:timers/promises';
import { type Buffer, createBuffer, type DeadLetter } from '@sluice/core';
import { redis } from '@sluice/redis';
import { type CheckResult, check, hasDrift } from './checker/checker.js';
import type { Expected } from './checker/expected.js';
import type { GuardName } from './guards/guards.js';
import { type Counts, FAULTS, type Fault } from './nemesis/faults.js';
import { unleash } from './nemesis/nemesis.js';
import type { System } from './nemesis/system.js';
import type { Plan, Round } from './plan.js';

/** What came of a round. The outcomes and the check are those of the whole run so far. */
export interface RoundResult {
  readonly round: Round;
  readonly fired: Counts;
  /** What producers reported as lost. */
  readonly lost: readonly string[];
  readonly outcomes: Expected['outcomes'];
  readonly check: CheckResult;
  readonly seconds: number;
}

/** What came of a run. */
export interface Result {
  readonly seed: number;
  readonly without: GuardName | undefined;
  readonly rounds: readonly RoundResult[];
  readonly drift: boolean;
  /** What went wrong apart from drift: faults that did not fire, processes that ended unexpectedly. */
  readonly problems: readonly string[];
  /** What could not be done on this machine. */
  readonly notes: readonly string[];
}

interface Setup {
  readonly plan: Plan;
  readonly seed: number;
  readonly without: GuardName | undefined;
  readonly system: System;
  readonly expected: Expected;
  readonly onProgress: (line: string) => void;
}

const PRODUCERS_FINISH_MS = 30_000;
const WORKERS_FINISH_MS = 15_000;
/** Until what is pending counts as stuck. Without a guard, some harm is expected. */
const DRAIN_MS = { guarded: 60_000, unguarded: 15_000 };

/** One run of a plan: round after round, until one finds drift or a problem. */
export class Run {
  readonly #setup: Setup;
  readonly #problems: string[] = [];
  /** What was never applied. */
  readonly #stuck: string[] = [];
  /** Those of all rounds. They are taken out of Redis, since a later round may wipe it. */
  readonly #deadLetters: DeadLetter[] = [];

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  async complete(): Promise<Result> {
    const { plan, seed, without, onProgress } = this.#setup;
    const rounds: RoundResult[] = [];
    let drift = false;
    for (const round of plan.rounds) {
      const result = await this.#round(round);
      const stuck = this.#stuck.splice(0);
      rounds.push(result);
      onProgress(`${round.name}: ${describe(result)}`);
      drift = hasDrift(result.check);
      // A guard whose removal has shown drift needs no more faults, and may have done other harm, too.
      if (!(drift && without)) this.#problems.push(...stuck, ...shortfalls(result), ...harm(result));
      if (drift || this.#problems.length > 0) break;
    }
    return { seed, without, rounds, drift, problems: this.#problems, notes: [] };
  }

  async #round(round: Round): Promise<RoundResult> {
    const { plan, seed, system, expected, onProgress } = this.#setup;
    const { processes } = system;
    const startedAt = performance.now();
    processes.start('producer', plan.producers);
    processes.start('worker', plan.workers);
    const fired = await unleash(system, round, seed, onProgress);
    await processes.finish('producer', PRODUCERS_FINISH_MS);
    const found = await this.#settle(round);
    this.#problems.push(...processes.problems.splice(0));
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const lost = processes.lost.splice(0);
    return { round, fired, lost, outcomes: { ...expected.outcomes }, check: found, seconds };
  }

  /** Waits until the workers have applied everything, and checks. */
  async #settle({ redrive }: Round): Promise<CheckResult> {
    const { processes, database, redisUrl } = this.#setup.system;
    const backend = redis({ url: redisUrl });
    await using buffer = createBuffer({ backend });
    await this.#drain(buffer);
    if (redrive) {
      await buffer.deadLetters.redrive('all');
      await this.#drain(buffer);
    }
    await processes.finish('worker', WORKERS_FINISH_MS);
    this.#deadLetters.push(...(await buffer.deadLetters.list({ limit: 1_000_000 })));
    await buffer.deadLetters.discard('all');
    return check(database, this.#deadLetters, this.#setup.expected);
  }

  async #drain(buffer: Buffer): Promise<void> {
    const drainMs = this.#setup.without ? DRAIN_MS.unguarded : DRAIN_MS.guarded;
    const deadline = performance.now() + drainMs;
    for (;;) {
      const { pending, claimed } = await buffer.stats();
      if (pending + claimed === 0) return;
      if (performance.now() > deadline) {
        this.#stuck.push(`after ${drainMs} ms ${pending} entries are still pending and ${claimed} claimed`);
        return;
      }
      await sleep(20);
    }
  }
}

/** The faults that did not fire as often as planned. */
function shortfalls({ round: { counts }, fired }: RoundResult): string[] {
  return FAULTS.flatMap((fault) => {
    const [planned = 0, actual = 0] = [counts[fault], fired[fault]];
    return actual < planned ? [`${fault}: fired ${actual} times, planned ${planned}`] : [];
  });
}

/** After which producers report what may be lost. */
const LOSING = [
  'Redis wiped (FLUSHALL)',
  'replica promoted that lacks more than producers keep',
] as const satisfies readonly Fault[];

/** What must not happen, though no unit is missing or counted twice. */
function harm({ round, lost, check: { wronglyBuried } }: RoundResult): string[] {
  const unexpected = LOSING.some((fault) => round.counts[fault]) ? [] : lost;
  const buried =
    wronglyBuried > 0 ? [`${wronglyBuried} dead letters that the database would have taken`] : [];
  return [...unexpected.map((detail) => `a producer reports lost writes: ${detail}`), ...buried];
}

function describe({ outcomes, check: { batches, excess, lost }, seconds }: RoundResult): string {
  return `${seconds} s, ${outcomes.acknowledged} acknowledged so far, ${batches} batches, drift +${excess} −${lost}`;
}
