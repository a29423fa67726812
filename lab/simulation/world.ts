import type { Random } from '@sluice/core';
import { integer, pick, randomFor } from '../src/random.js';
import { Allowances } from './allowances.js';
import type { Copy } from './census.js';
import { Database } from './database.js';
import { History, Tally } from './history.js';
import { Network } from './network.js';
import { Observer } from './observer.js';
import type { Plan } from './plan.js';
import { SimulatedProcess } from './simulated-process.js';
import type { OpenStore, Store } from './store.js';
import { Time } from './time.js';
import { Trace } from './trace.js';

const LEASE_MS = 1000;
const WRITE_TIMEOUT_MS = 3000;
const GIVE_UP_AFTER_MS = 60_000;
const LINGERS = [0, 0, 5, 200];
const BATCH_SIZES = [1, 2, 1000];

/** All that there is in a run: processes, and between them a network, a backend and a database. */
export class World {
  readonly plan: Plan;
  readonly random: Random;
  readonly time: Time;
  readonly trace: Trace;
  readonly history = new History();
  readonly allowances = new Allowances();
  readonly store: Store;
  readonly observer: Observer;
  readonly network: Network;
  readonly database: Database;
  /** How far the clock of the backend is off. */
  readonly serverClock: { skewMs: number };
  readonly processes: SimulatedProcess[] = [];
  /** What readers saw last. */
  readonly reads = new Map<string, { readonly changes: number; readonly value: number }>();
  /** What no part of the system may do. */
  readonly problems: string[] = [];
  /** The latest copy of the data. */
  copy: Copy | undefined;
  /** How many increments had begun when the data was last wiped or restored. */
  vanishedAfter = 0;

  private constructor(plan: Plan, time: Time, store: Store, serverClock: { skewMs: number }) {
    this.plan = plan;
    this.random = randomFor(plan.seed, 'events');
    this.time = time;
    this.trace = new Trace(time);
    this.store = store;
    this.serverClock = serverClock;
    this.observer = new Observer(store.backend, this.history);
    this.network = new Network(time, randomFor(plan.seed, 'network'), this.trace, this.observer);
    this.database = new Database(time, randomFor(plan.seed, 'database'), this.trace, this.history);
    Object.assign(this.network, { faults: plan.networkFaults });
    Object.assign(this.database, { faults: plan.databaseFaults, rejects: plan.rejects });
    for (let i = 0; i < plan.processes; i += 1) this.start();
  }

  static async create(plan: Plan, open: OpenStore): Promise<World> {
    const time = new Time();
    const clock = { skewMs: 0 };
    const store = await open({ now: () => time.now + clock.skewMs });
    return new World(plan, time, store, clock);
  }

  /** Starts a process. A twin draws the same random numbers as another one. */
  start(twinOf?: SimulatedProcess): SimulatedProcess {
    const name = `process ${this.processes.length + 1}`;
    const seed = twinOf?.seed ?? this.processes.length;
    const partitions = twinOf?.partitions ?? pick(this.random, this.plan.partitions);
    const process = new SimulatedProcess(name, seed, partitions, this, (made) => ({
      backend: this.network.link(made, this.store.backend),
      sink: this.database.sinkOf(made),
      random: randomFor(this.plan.seed, `process ${seed}`),
      lingerMs: pick(this.random, LINGERS),
      batchSize: pick(this.random, BATCH_SIZES),
      leaseMs: LEASE_MS,
      writeTimeoutMs: WRITE_TIMEOUT_MS,
      maxAttempts: 4,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
      retryDelay: (attempt) => 100 * attempt,
      closeTimeoutMs: 2000,
    }));
    this.processes.push(process);
    this.trace.add(
      name,
      `starts, with ${partitions} partitions${twinOf ? `, as a twin of ${twinOf.name}` : ''}`,
    );
    return process;
  }

  /** The processes that have not ended. */
  get living(): SimulatedProcess[] {
    return this.processes.filter(({ isAlive }) => isAlive);
  }

  /** A process that can do something; there always is one. */
  any(): SimulatedProcess {
    const able = this.living.filter(({ isSuspended, isClosing }) => !isSuspended && !isClosing);
    return able.length === 0 ? this.start() : pick(this.random, able);
  }

  /** How often each increment has come out: into the rows, or by being discarded. */
  out(): Tally {
    const out = new Tally(this.database.applied);
    out.count(this.observer.discarded);
    return out;
  }

  draw(below: number): number {
    return integer(this.random, below);
  }
}
