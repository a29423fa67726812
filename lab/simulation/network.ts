import { type Backend, BackendError, type Outcome, type Random } from '@sluice/core';
import { BACKEND_METHODS, type BackendMethod } from '@sluice/core/backend';
import { integer, pick } from '../src/random.js';
import type { Observer } from './observer.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { Time } from './time.js';
import type { Trace } from './trace.js';

/**
 * What becomes of a call:
 * - `refused`: it never arrives, and the caller knows;
 * - `request lost`: it never arrives, and the caller only sees that no reply comes;
 * - `reply lost`: it takes effect, and no reply comes;
 * - `late`: no reply comes, and the call takes effect much later, after others;
 * - `twice`: it takes effect, the reply comes, and much later it takes effect again.
 */
const FATES = ['refused', 'request lost', 'reply lost', 'late', 'twice'] as const;
type Fate = 'fine' | (typeof FATES)[number];

const LONGEST_HOP_MS = 5;
const TIMEOUT_MS = 400;
const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const DELAYS = [SECOND, 60 * SECOND, DAY / 2, 2 * DAY];

/** Brings the calls of all processes to the backend, each to a fate of its own. */
export class Network {
  /** How many calls of a hundred meet a fault. */
  faults = 0;
  /** The backend cannot be reached. */
  isAway = false;
  /** Which server calls are sent to: another one has taken its place when data was put back. */
  #server = 1;
  readonly #time: Time;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #observer: Observer;

  constructor(time: Time, random: Random, trace: Trace, observer: Observer) {
    this.#time = time;
    this.#random = random;
    this.#trace = trace;
    this.#observer = observer;
  }

  /** Calls that have not arrived never will. */
  dropSent(): void {
    this.#server += 1;
  }

  /** The backend as a process reaches it. */
  link(process: SimulatedProcess, backend: Backend): Backend {
    const methods = Object.fromEntries(
      BACKEND_METHODS.map((method) => [
        method,
        (...args: readonly unknown[]) => this.#call(process, backend, method, args),
      ]),
    );
    // The store outlives its processes.
    return { ...(methods as unknown as Backend), name: backend.name, close: async () => {} };
  }

  #call(
    process: SimulatedProcess,
    backend: Backend,
    method: BackendMethod,
    args: readonly unknown[],
  ): Promise<unknown> {
    // What is sent is a copy: nobody can change it on the way.
    const sent = structuredClone(args);
    process.sends(method, sent);
    const fate = this.#fate();
    if (fate !== 'fine') this.#trace.add(process.name, `${method}: ${fate}`, partitionOf(method, sent));
    const execute = (note: string) => this.#execute(process, backend, method, structuredClone(sent), note);
    if (fate === 'late') this.#arrive(this.#delay(), () => execute(' (late)'));
    if (fate === 'twice') this.#arrive(this.#delay(), () => execute(' (again)'));
    return new Promise((resolve, reject) => {
      const reply = (delayMs: number, settle: () => void): void =>
        void this.#time.after(delayMs, () => process.deliver(settle));
      const fail = (delayMs: number, outcome: Outcome): void =>
        reply(delayMs, () => reject(unavailable(method, outcome)));
      if (fate === 'refused') return fail(this.#hop(), 'refused');
      if (fate === 'request lost' || fate === 'late') return fail(TIMEOUT_MS, 'unknown');
      const deliver = async (): Promise<void> => {
        const settle = await execute('');
        if (fate === 'reply lost') fail(TIMEOUT_MS, 'unknown');
        else reply(this.#hop(), () => settle(resolve, reject));
      };
      this.#arrive(this.#hop(), deliver, () => fail(TIMEOUT_MS, 'unknown'));
    });
  }

  /** Runs a task when a call arrives; another one if the server that it was sent to is gone by then. */
  #arrive(delayMs: number, task: () => Promise<unknown>, gone: () => void = () => {}): void {
    const server = this.#server;
    this.#time.after(delayMs, () => void (server === this.#server ? task() : gone()));
  }

  /** Lets a call take effect. Returns what passes the reply on. */
  async #execute(
    process: SimulatedProcess,
    backend: Backend,
    method: BackendMethod,
    args: readonly unknown[],
    note: string,
  ): Promise<(resolve: (reply: unknown) => void, reject: (error: unknown) => void) => void> {
    const call = backend[method] as (...args: readonly unknown[]) => Promise<unknown>;
    const work = async () => {
      const settled = await this.#observer.before(method, args);
      const reply = await call.apply(backend, [...args]);
      settled(reply);
      return reply;
    };
    try {
      const reply = structuredClone(await this.#time.standStill(work()));
      this.#trace.add(
        process.name,
        `${method}${note} ${this.#observer.describe(method, args, reply)}`,
        partitionOf(method, args),
      );
      return (resolve) => resolve(reply);
    } catch (error) {
      this.#trace.add(process.name, `${method}${note} failed: ${error}`, partitionOf(method, args));
      return (_, reject) => reject(error);
    }
  }

  #fate(): Fate {
    if (this.isAway) return pick(this.#random, ['refused', 'request lost']);
    return integer(this.#random, 100) < this.faults ? pick(this.#random, FATES) : 'fine';
  }

  #hop(): number {
    return 1 + integer(this.#random, LONGEST_HOP_MS);
  }

  #delay(): number {
    return TIMEOUT_MS + integer(this.#random, pick(this.#random, DELAYS));
  }
}

/** The partition that a call is about, if it is about one. */
function partitionOf(method: BackendMethod, [first]: readonly unknown[]): number | undefined {
  if (typeof first === 'number') return method === 'stats' || method === 'partitions' ? undefined : first;
  const { partition } = Object(first) as { partition?: unknown };
  return typeof partition === 'number' ? partition : undefined;
}

function unavailable(method: string, outcome: Outcome): BackendError {
  return new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', `The network failed at ${method}.`, {
    retryable: true,
    outcome,
  });
}
