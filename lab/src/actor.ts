import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { NOTES } from './child/link.js';
import type { Note, Order } from './points.js';
import type { ProducerSettings, WorkerSettings } from './settings.js';

export type Role = 'producer' | 'worker';

/** How a child ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A producer or a worker: a process that the driver started. */
export class Actor {
  readonly process: ChildProcess;
  readonly ended: Promise<End>;
  /** A fault has it in hand. */
  busy = false;
  /** It was told to end, or is to be killed. */
  mayEnd = false;
  readonly #notes = new EventEmitter();

  constructor(
    readonly role: Role,
    program: string,
    readonly settings: ProducerSettings | WorkerSettings,
    onNote: (note: Note) => void,
  ) {
    this.process = fork(program, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    createInterface(this.process.stdio[NOTES] as Readable).on('line', (line) => {
      const note = JSON.parse(line) as Note;
      onNote(note);
      this.#notes.emit('note', note);
    });
    let output = '';
    this.process.stderr?.on('data', (chunk) => {
      output = (output + chunk).slice(-4000);
    });
    this.ended = new Promise((resolve) =>
      this.process.once('close', (code, signal) => {
        resolve({ code, signal, output });
        this.#notes.emit('end');
      }),
    );
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  order(order: Order): void {
    // An actor that has just ended gets no orders; whoever gave it waits in vain, and sees that.
    if (this.process.connected) this.process.send(order, () => {});
  }

  /** Waits for a note. `undefined`: none in time, or the actor ended. */
  async note<N extends Note['note']>(
    kind: N,
    withinMs: number,
  ): Promise<Extract<Note, { note: N }> | undefined> {
    return new Promise((resolve) => {
      const settle = (note: Extract<Note, { note: N }> | undefined): void => {
        clearTimeout(timer);
        this.#notes.off('note', hear).off('end', end);
        resolve(note);
      };
      const hear = (note: Note): void => {
        if (note.note === kind) settle(note as Extract<Note, { note: N }>);
      };
      const end = (): void => settle(undefined);
      const timer = setTimeout(end, withinMs);
      this.#notes.on('note', hear).on('end', end);
    });
  }

  signal(signal: 'SIGKILL' | 'SIGCONT'): void {
    if (this.running) this.process.kill(signal);
  }
}
