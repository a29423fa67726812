import { setMaxListeners } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Buffer, createBuffer } from '@sluice/core';
import { redis as redisBackend } from '@sluice/redis';
import { Redis } from 'ioredis';
import { bundleChildren } from './bundle.js';
import { Cast, type Scene } from './cast.js';
import { Database } from './database.js';
import { type Counts, FAULTS, type Fault } from './faults.js';
import { GUARDS, type GuardName } from './guards.js';
import { Injector } from './injector.js';
import { Ledger } from './journal.js';
import type { Plan, Round } from './plan.js';
import { kindOfScript, kindOfStatement, TcpProxy } from './proxy.js';
import { randomFor } from './random.js';
import { Servers } from './servers.js';
import { sleep } from './sleep.js';
import { type Stage, strikesOn } from './strikes.js';
import { type Balance, balance, drifts } from './verify.js';

/** What became of a round. */
export interface RoundResult {
  readonly round: Round;
  readonly fired: Counts;
  readonly fates: Ledger['fates'];
  readonly balance: Balance;
  readonly seconds: number;
}

/** What became of a run. */
export interface Result {
  readonly plan: Plan;
  readonly seed: number;
  readonly without: GuardName | undefined;
  readonly rounds: readonly RoundResult[];
  /** What went wrong apart from drift: faults that did not fire, children that ended by themselves. */
  readonly problems: readonly string[];
  readonly drift: boolean;
}

export interface RunOptions {
  readonly seed: number;
  /** A guard to take away. */
  readonly without?: GuardName;
  /** Gets a line now and then. */
  readonly onProgress?: (line: string) => void;
}

// A round may take so many times as long as planned, and this, before what has not fired is given up.
const PATIENCE = 5;
const PATIENCE_MS = 60_000;
const DRAIN_MS = 60_000;

/** Servers for any number of runs, one after the other. */
export class Laboratory implements AsyncDisposable {
  #runs = 0;

  private constructor(
    readonly folder: string,
    readonly servers: Servers,
  ) {}

  static async open(): Promise<Laboratory> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-lab-'));
    try {
      return new Laboratory(folder, await Servers.start(folder));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.servers[Symbol.asyncDispose]();
  }

  /** Runs a plan on an empty database. */
  async run(plan: Plan, options: RunOptions): Promise<Result> {
    this.#runs += 1;
    const folder = join(this.folder, `run-${this.#runs}`);
    await mkdir(folder);
    const { redisPort, postgresPort } = this.servers;
    const cuts = options.without === undefined ? [] : GUARDS[options.without].cuts;
    const [programs, database] = await Promise.all([
      bundleChildren(folder, cuts),
      Database.create(postgresPort, `run_${this.#runs}`),
    ]);
    await using redisProxy = await TcpProxy.open(redisPort, kindOfScript);
    await using databaseProxy = await TcpProxy.open(postgresPort, kindOfStatement);
    const redis = driverClient(redisPort);
    try {
      await redis.flushall();
      const scene: Scene = {
        ...plan,
        seed: options.seed,
        folder,
        redisUrl: `redis://127.0.0.1:${redisProxy.port}`,
        databaseUrl: database.url(databaseProxy.port),
      };
      await using cast = new Cast(scene, programs, this.servers, new Ledger());
      return await new Run(plan, options, {
        cast,
        servers: this.servers,
        database,
        redisProxy,
        databaseProxy,
        redis,
      }).all();
    } finally {
      redis.disconnect();
    }
  }
}

class Run {
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #stage: Stage;
  readonly #problems: string[] = [];

  constructor(plan: Plan, options: RunOptions, stage: Stage) {
    this.#plan = plan;
    this.#options = options;
    this.#stage = stage;
  }

  async all(): Promise<Result> {
    const rounds: RoundResult[] = [];
    for (const round of this.#plan.rounds) {
      const result = await this.#round(round);
      rounds.push(result);
      this.#say(`${round.name}: ${describe(result)}`);
      if (drifts(result.balance) || this.#problems.length > 0) break;
    }
    const { seed, without } = this.#options;
    const drift = rounds.some((round) => drifts(round.balance));
    return { plan: this.#plan, seed, without, rounds, problems: this.#problems, drift };
  }

  async #round(round: Round): Promise<RoundResult> {
    const { cast } = this.#stage;
    const startedAt = performance.now();
    cast.enter('producer', this.#plan.producers);
    cast.enter('worker', this.#plan.workers);
    const fired = await this.#strike(round);
    await cast.leave('producer', 30_000);
    const result = await this.#settle(round);
    this.#problems.push(...cast.problems.splice(0));
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    return { round, fired, fates: { ...cast.ledger.fates }, balance: result, seconds };
  }

  /** Lets all faults strike, side by side; answers how often each did. */
  async #strike({ name, counts, lastsMs }: Round): Promise<Counts> {
    const strikes = strikesOn(this.#stage);
    const injectors = FAULTS.filter((fault) => counts[fault]).map((fault) => {
      const random = randomFor(this.#options.seed, `${name} ${fault}`);
      return new Injector(fault, counts[fault] ?? 0, strikes[fault], random, lastsMs);
    });
    const limit = AbortSignal.timeout(PATIENCE * lastsMs + PATIENCE_MS);
    setMaxListeners(0, limit);
    const progress = setInterval(() => this.#say(`${name}: ${progressOf(injectors)}`), 10_000);
    try {
      await Promise.all(injectors.map((injector) => injector.run(widthOf(injector.fault), limit)));
    } finally {
      clearInterval(progress);
    }
    for (const { fault, fired, planned } of injectors) {
      if (fired < planned) this.#problems.push(`${fault}: fired ${fired} times, planned ${planned}`);
    }
    return Object.fromEntries(injectors.map(({ fault, fired }) => [fault, fired]));
  }

  /** Waits until the workers have applied everything, and balances the books. */
  async #settle({ redrive }: Round): Promise<Balance> {
    const { cast, database, servers } = this.#stage;
    const backend = redisBackend({ url: `redis://127.0.0.1:${servers.redisPort}` });
    await using buffer = createBuffer({ backend });
    await this.#drain(buffer);
    if (redrive) {
      await buffer.deadLetters.redrive('all');
      await this.#drain(buffer);
    }
    await cast.leave('worker', 15_000);
    return balance(database, await buffer.deadLetters.list({ limit: 1_000_000 }), cast.ledger);
  }

  async #drain(buffer: Buffer): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    for (;;) {
      const { pending, claimed } = await buffer.stats();
      if (pending + claimed === 0) return;
      if (performance.now() > deadline) {
        this.#problems.push(
          `after ${DRAIN_MS} ms ${pending} entries are still pending and ${claimed} claimed`,
        );
        return;
      }
      await sleep(20);
    }
  }

  #say(line: string): void {
    this.#options.onProgress?.(line);
  }
}

function driverClient(port: number): Redis {
  const client = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: 1, commandTimeout: 2000 });
  client.on('error', () => {});
  return client;
}

/** Lost replies are so many that several have to be under way. */
function widthOf(fault: Fault): number {
  return fault.startsWith('reply') ? 4 : 1;
}

function progressOf(injectors: readonly Injector[]): string {
  const sum = (of: (injector: Injector) => number): number =>
    injectors.reduce((total, one) => total + of(one), 0);
  const late = injectors.filter(({ fired, planned }) => fired < planned).length;
  return `${sum(({ fired }) => fired)} of ${sum(({ planned }) => planned)} faults fired, ${late} kinds to go`;
}

function describe({ fates, balance: { batches, tooMuch, lost }, seconds }: RoundResult): string {
  return `${seconds} s, ${fates.acknowledged} acknowledged so far, ${batches} batches, drift +${tooMuch} −${lost}`;
}
