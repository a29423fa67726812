import { join } from 'node:path';
import type { Random } from '@sluice/core';
import { Actor, type Role } from './actor.js';
import type { Programs } from './bundle.js';
import type { Ledger } from './journal.js';
import type { Note } from './points.js';
import { integer, pick, randomFor } from './random.js';
import type { Servers } from './servers.js';
import type { ProducerSettings, WorkerSettings } from './settings.js';
import { sleep } from './sleep.js';

/** What all actors of a run have in common. */
export interface Scene {
  readonly seed: number;
  readonly folder: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly partitions: number;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly slowShare: number;
  readonly paceMs: number;
}

/** The producers and workers of a run: starts them, and starts another for each that is killed. */
export class Cast implements AsyncDisposable {
  readonly #actors = new Set<Actor>();
  readonly #closing: Record<Role, boolean> = { producer: false, worker: false };
  readonly #random: Random;
  #lives = 0;

  /** What must not happen, such as a child that ends by itself. */
  readonly problems: string[] = [];
  /** How many notes of a kind there were. */
  readonly notes = new Map<Note['note'], number>();

  constructor(
    readonly scene: Scene,
    readonly programs: Programs,
    readonly servers: Servers,
    readonly ledger: Ledger,
  ) {
    this.#random = randomFor(scene.seed, 'cast');
  }

  /** Starts so many of a role. */
  enter(role: Role, count: number): void {
    this.#closing[role] = false;
    for (let i = 0; i < count; i += 1) this.#start(role);
  }

  /** Takes an actor into hand that no other fault has, as soon as there is one. */
  async withActor<T>(role: Role, random: Random, use: (actor: Actor) => Promise<T>): Promise<T> {
    const free = (): Actor[] => this.all(role).filter((actor) => !actor.busy);
    while (free().length === 0) await sleep(10);
    const actor = pick(random, free());
    actor.busy = true;
    try {
      return await use(actor);
    } finally {
      actor.busy = false;
    }
  }

  all(role: Role): Actor[] {
    return [...this.#actors].filter((actor) => actor.role === role && actor.running);
  }

  /** Lets all of a role finish what they have begun, and end. */
  async leave(role: Role, withinMs: number): Promise<void> {
    this.#closing[role] = true;
    const actors = [...this.#actors].filter((actor) => actor.role === role);
    for (const actor of actors) {
      actor.mayEnd = true;
      actor.order({ order: 'go on' });
      actor.order({ order: 'finish' });
    }
    const timer = new AbortController();
    const late = sleep(withinMs, 'late' as const, { signal: timer.signal }).catch(() => 'in time' as const);
    const ends = Promise.all(actors.map(({ ended }) => ended)).then(() => 'in time' as const);
    if ((await Promise.race([ends, late])) === 'late') {
      this.problems.push(`a ${role} did not finish in ${withinMs} ms`);
      for (const actor of actors) actor.signal('SIGKILL');
      await ends;
    }
    timer.abort();
  }

  /** Ends all at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.producer = true;
    this.#closing.worker = true;
    const actors = [...this.#actors];
    for (const actor of actors) {
      actor.mayEnd = true;
      actor.signal('SIGKILL');
    }
    await Promise.all(actors.map(({ ended }) => ended));
  }

  #start(role: Role): void {
    this.#lives += 1;
    const settings = role === 'producer' ? this.#producer(this.#lives) : this.#worker(this.#lives);
    const actor = new Actor(role, this.programs[role], settings, (note) => this.#heard(actor, note));
    this.servers.watch(actor.process);
    this.#actors.add(actor);
    void actor.ended.then(({ code, signal, output }) => {
      this.#actors.delete(actor);
      const expected = actor.mayEnd && (signal === 'SIGKILL' || code === 0);
      if (!expected) this.problems.push(`a ${role} ended by itself (${signal ?? code}): ${output.trim()}`);
      if ('journal' in settings) this.ledger.read(settings.journal);
      if (!this.#closing[role]) this.#start(role);
    });
  }

  #heard(actor: Actor, note: Note): void {
    this.notes.set(note.note, (this.notes.get(note.note) ?? 0) + 1);
    if (note.note === 'lost') this.problems.push(`a ${actor.role} says that writes are lost: ${note.detail}`);
  }

  #producer(life: number): ProducerSettings {
    const { scene } = this;
    return {
      life,
      seed: integer(this.#random, 2 ** 32),
      redisUrl: scene.redisUrl,
      partitions: scene.partitions,
      journal: join(scene.folder, `journal-${life}`),
      // Some give up while a server restarts, and then do not know.
      writeTimeoutMs: this.#random() < 0.3 ? 120 : 20_000,
      lingerMs: this.#random() < 0.3 ? 5 : 0,
      paceMs: scene.paceMs,
    };
  }

  #worker(life: number): WorkerSettings {
    const { redisUrl, databaseUrl, partitions, batchSize, leaseMs, slowShare } = this.scene;
    const seed = integer(this.#random, 2 ** 32);
    // Some give up soon, while a server restarts say, so that there are dead letters.
    const maxAttempts = this.#random() < 0.3 ? 2 : 20;
    return { life, seed, redisUrl, databaseUrl, partitions, batchSize, leaseMs, maxAttempts, slowShare };
  }
}
