import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@sluice/core';
import { integer, pick, randomFor } from '../random.js';
import type { Servers } from '../servers/servers.js';
import type { Programs } from './bundle.js';
import type { Report } from './messages.js';
import {
  MAX_ATTEMPTS,
  type ProducerSettings,
  type Release,
  type WorkerSettings,
  type Workload,
} from './settings.js';
import { type Role, WorkloadProcess } from './workload-process.js';

/** What all processes of a run have in common. */
export interface PoolOptions extends Workload {
  readonly seed: number;
  /** Where the histories go. */
  readonly folder: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
}

/** The producers and workers of a run. Starts another process for each one that is killed. */
export class ProcessPool implements AsyncDisposable {
  readonly #processes = new Set<WorkloadProcess>();
  readonly #isFinishing: Record<Role, boolean> = { producer: false, worker: false };
  readonly #random: Random;
  #started = 0;

  /** What must not happen, such as a process that ends without being asked to. */
  readonly problems: string[] = [];
  /** What producers reported as lost. */
  readonly lost: string[] = [];
  /** The number of reports by kind. */
  readonly reports = new Map<Report['report'], number>();

  constructor(
    readonly options: PoolOptions,
    readonly programs: Programs,
    readonly servers: Servers,
    /** Called with the history of each producer that has ended. */
    readonly onHistory: (path: string) => void,
  ) {
    this.#random = randomFor(options.seed, 'processes');
  }

  start(role: Role, count: number): void {
    this.#isFinishing[role] = false;
    // One worker is of the old release, as while a new one is rolled out.
    for (let i = 0; i < count; i += 1) this.#startOne(role, i === 0 ? 'old' : 'new');
  }

  /** Lends a process that no other fault is using, as soon as there is one. */
  async borrow<T>(role: Role, random: Random, use: (process: WorkloadProcess) => Promise<T>): Promise<T> {
    const free = (): WorkloadProcess[] => this.#all(role).filter((one) => one.isRunning && !one.isBorrowed);
    while (free().length === 0) await sleep(10);
    const process = pick(random, free());
    process.isBorrowed = true;
    try {
      return await use(process);
    } finally {
      process.isBorrowed = false;
    }
  }

  /** Stops all processes of a role while something is done. */
  async pause<T>(role: Role, use: () => Promise<T>): Promise<T> {
    const processes = this.#all(role);
    for (const process of processes) process.signal('SIGSTOP');
    try {
      return await use();
    } finally {
      for (const process of processes) process.signal('SIGCONT');
    }
  }

  /** Starts two copies of one producer, which have the same ids and count the same, uses them, and lets them finish. */
  async clone<T>(use: (clones: readonly WorkloadProcess[]) => Promise<T>): Promise<T> {
    const settings = this.#producerSettings(this.#nextId());
    const clones = ['first', 'second'].map((name) =>
      this.#launch('producer', {
        ...settings,
        copyOf: `process-${settings.id}`,
        history: `${settings.history}-${name}`,
      }),
    );
    for (const clone of clones) clone.isBorrowed = true;
    try {
      return await use(clones);
    } finally {
      for (const clone of clones) finish(clone);
      await allEnded(clones);
    }
  }

  /** Lets all processes of a role complete what they have begun, and end. Kills those that are late. */
  async finish(role: Role, withinMs: number): Promise<void> {
    this.#isFinishing[role] = true;
    const processes = this.#all(role);
    processes.forEach(finish);
    const timer = setTimeout(() => {
      this.problems.push(`a ${role} did not finish in ${withinMs} ms`);
      kill(processes);
    }, withinMs);
    await allEnded(processes);
    clearTimeout(timer);
  }

  /** Kills all processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isFinishing.producer = true;
    this.#isFinishing.worker = true;
    const processes = [...this.#processes];
    for (const process of processes) process.mayEnd = true;
    kill(processes);
    await allEnded(processes);
  }

  #all(role: Role): WorkloadProcess[] {
    return [...this.#processes].filter((process) => process.role === role);
  }

  #startOne(role: Role, release: Release): void {
    const id = this.#nextId();
    const settings = role === 'producer' ? this.#producerSettings(id) : this.#workerSettings(id, release);
    const process = this.#launch(role, settings);
    void process.ended.then(() => {
      if (!this.#isFinishing[role]) this.#startOne(role, release);
    });
  }

  #nextId(): number {
    this.#started += 1;
    return this.#started;
  }

  #launch(role: Role, settings: ProducerSettings | WorkerSettings): WorkloadProcess {
    const receive = (report: Report): void => this.#receive(report);
    const process = new WorkloadProcess(role, this.programs[role], settings, receive);
    this.servers.watch(process.child);
    this.#processes.add(process);
    void process.ended.then(({ code, signal, output }) => {
      this.#processes.delete(process);
      const isExpected = process.mayEnd && (signal === 'SIGKILL' || code === 0);
      if (!isExpected)
        this.problems.push(`a ${role} ended unexpectedly (${signal ?? code}): ${output.trim()}`);
      if ('history' in settings) this.onHistory(settings.history);
    });
    return process;
  }

  #receive(report: Report): void {
    this.reports.set(report.report, (this.reports.get(report.report) ?? 0) + 1);
    if (report.report === 'lost') this.lost.push(report.detail);
  }

  #producerSettings(id: number): ProducerSettings {
    const {
      folder,
      redisUrl,
      durability,
      partitions,
      paceMs,
      maxUnderWay,
      hugeShare,
      unwelcomeShare,
      newShare,
    } = this.options;
    return {
      id,
      seed: integer(this.#random, 2 ** 32),
      redisUrl,
      ...(durability && { durability: { ...durability, writes: id % 2 === 0 } }),
      lends: redisUrl.startsWith('redis+sentinel:') && id % 4 < 2,
      partitions,
      history: join(folder, `history-${id}`),
      // The impatient give up while a server restarts, and then do not know whether their write was applied.
      writeTimeoutMs: this.#random() < this.options.impatientShare ? 120 : 20_000,
      lingerMs: this.#random() < 0.3 ? 5 : 0,
      paceMs,
      maxUnderWay,
      hugeShare,
      unwelcomeShare,
      newShare,
    };
  }

  #workerSettings(id: number, release: Release): WorkerSettings {
    const { redisUrl, durability, databaseUrl, partitions, batchSize, leaseMs, slowShare } = this.options;
    return {
      id,
      release,
      seed: integer(this.#random, 2 ** 32),
      redisUrl,
      ...(durability && { durability }),
      databaseUrl,
      partitions,
      batchSize,
      leaseMs,
      // Some give up soon, for example while a server restarts, so that there are dead letters.
      maxAttempts: this.#random() < 0.3 ? 2 : MAX_ATTEMPTS,
      isolateAfter: this.#random() < 0.5 ? 1 : 2,
      slowShare,
    };
  }
}

function finish(process: WorkloadProcess): void {
  process.mayEnd = true;
  process.send({ command: 'continue' });
  process.send({ command: 'finish' });
}

function kill(processes: readonly WorkloadProcess[]): void {
  for (const process of processes) process.signal('SIGKILL');
}

async function allEnded(processes: readonly WorkloadProcess[]): Promise<void> {
  await Promise.all(processes.map(({ ended }) => ended));
}
