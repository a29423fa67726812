import assert from 'node:assert/strict';
import { type Backend, BackendError, type Clock, type Random } from '@sluice/core';
import { BACKEND_METHODS, type BackendMethod } from '@sluice/core/backend';
import { seededRandom } from './seeded-random.js';

/** One call of a backend. */
export interface BackendCall {
  readonly method: BackendMethod;
  readonly args: readonly unknown[];
}

/**
 * What goes wrong:
 * - `refuse`: the call never reaches the backend; it rejects with a retryable `BackendError`, outcome `refused`;
 * - `lose-reply`: the call takes effect, and then rejects with a retryable `BackendError`, outcome `unknown`;
 * - `delayRequest`, `delayReply`: the call waits before or after it takes effect, for a number of milliseconds of
 *   `clock` or until the promise resolves;
 * - `reject`: the call never reaches the backend; it rejects with this.
 */
export type Fault =
  | 'refuse'
  | 'lose-reply'
  | { readonly delayRequest: number | Promise<unknown> }
  | { readonly delayReply: number | Promise<unknown> }
  | { readonly reject: unknown };

/** When a fault strikes. Of several rules that apply to a call, the first one that strikes does. */
export interface FaultRule {
  readonly fault: Fault;
  /** The method, or several. By default every method but `close`. */
  readonly on?: BackendMethod | readonly BackendMethod[];
  /** Only calls that this accepts. */
  readonly when?: (call: BackendCall) => boolean;
  /**
   * The first call to strike, counted among the calls that `on` and `when` accept.
   * @default 1
   */
  readonly nth?: number;
  /** How often to strike, at most. By default once, or without end if `share` is given. */
  readonly times?: number;
  /** Strikes this share of the calls, from 0 to 1, drawn at random. By default every one. */
  readonly share?: number;
}

/** What {@link faultyBackend} takes. */
export interface FaultyBackendOptions {
  /** For delays in milliseconds; they need it. */
  readonly clock?: Clock;
  /**
   * Where `share` is drawn from. A test meets the same faults every time.
   * @default seededRandom(1)
   */
  readonly random?: Random;
}

/** A fault that struck. */
export interface FiredFault extends BackendCall {
  readonly rule: FaultRule;
}

/** A backend with faults: {@link faultyBackend} makes it. */
export interface FaultyBackend<B extends Backend = Backend> extends Backend {
  /** The backend behind the faults, to look at without meeting them. */
  readonly behind: B;
  /** Every call that was made, in order. */
  readonly calls: readonly BackendCall[];
  /** The faults that struck, in order. */
  readonly fired: readonly FiredFault[];
  /**
   * Checks that every rule struck: otherwise the test tested nothing.
   * @throws AssertionError naming the rules that never struck
   */
  assertFired(): void;
}

/**
 * Wraps a backend so that calls fail as the rules say. End the test with {@link FaultyBackend.assertFired}.
 *
 * @example
 * ```ts
 * import { memory } from '@sluice/memory';
 * import { faultyBackend } from '@sluice/testing';
 *
 * const backend = faultyBackend(memory(), [
 *   { on: 'add', nth: 2, fault: 'lose-reply' },
 *   { on: ['ack', 'bury'], share: 0.1, fault: 'refuse' },
 * ]);
 * const buffer = createBuffer({ backend, sink });
 * // … the test
 * backend.assertFired();
 * ```
 */
export function faultyBackend<B extends Backend>(
  backend: B,
  rules: readonly FaultRule[],
  options: FaultyBackendOptions = {},
): FaultyBackend<B> {
  const plan = new FaultPlan(rules, options);
  const wrap =
    (method: BackendMethod) =>
    async (...args: readonly unknown[]) => {
      const proceed = backend[method] as (...args: readonly unknown[]) => Promise<unknown>;
      return plan.run({ method, args }, () => proceed.apply(backend, [...args]));
    };
  const methods = Object.fromEntries(BACKEND_METHODS.map((method) => [method, wrap(method)]));
  return {
    ...(methods as unknown as Omit<Backend, 'name'>),
    name: backend.name,
    behind: backend,
    calls: plan.calls,
    fired: plan.fired,
    assertFired: () => plan.assertFired(),
  };
}

class FaultPlan {
  readonly calls: BackendCall[] = [];
  readonly fired: FiredFault[] = [];
  readonly #rules: readonly ActiveRule[];
  readonly #clock: Clock | undefined;

  constructor(rules: readonly FaultRule[], { clock, random = seededRandom(1) }: FaultyBackendOptions) {
    this.#rules = rules.map((rule) => new ActiveRule(rule, random));
    this.#clock = clock;
  }

  async run(call: BackendCall, proceed: () => Promise<unknown>): Promise<unknown> {
    this.calls.push(call);
    // Every rule counts every call, also those that another rule struck: `nth` does not depend on the other rules.
    const struck = this.#rules.filter((active) => active.accepts(call)).find((active) => active.strikes());
    if (struck === undefined) return proceed();
    this.fired.push({ ...call, rule: struck.rule });
    return this.#strike(struck.rule.fault, call, proceed);
  }

  assertFired(): void {
    const idle = this.#rules.filter(({ struck }) => struck === 0).map(({ rule }) => describe(rule));
    assert.ok(idle.length === 0, `These faults never struck: ${idle.join('; ')}.`);
  }

  async #strike(fault: Fault, { method }: BackendCall, proceed: () => Promise<unknown>): Promise<unknown> {
    if (fault === 'refuse') throw unavailable(`${method} was refused`, 'refused');
    if (fault === 'lose-reply') {
      await proceed();
      throw unavailable(`the reply of ${method} was lost`, 'unknown');
    }
    if ('reject' in fault) throw fault.reject;
    if ('delayRequest' in fault) await this.#wait(fault.delayRequest);
    const reply = await proceed();
    if ('delayReply' in fault) await this.#wait(fault.delayReply);
    return reply;
  }

  async #wait(until: number | Promise<unknown>): Promise<void> {
    if (typeof until !== 'number') return void (await until);
    const clock = this.#clock;
    assert.ok(clock, 'A delay in milliseconds needs the option "clock".');
    await new Promise<void>((resolve) => clock.after(until, resolve));
  }
}

/** A rule and how often it was met. */
class ActiveRule {
  readonly rule: FaultRule;
  struck = 0;
  readonly #random: Random;
  #met = 0;

  constructor(rule: FaultRule, random: Random) {
    this.rule = rule;
    this.#random = random;
  }

  /** Counts a call that the rule is about, and returns whether the fault is due. */
  accepts(call: BackendCall): boolean {
    const { on, when, nth = 1 } = this.rule;
    const about = on === undefined ? call.method !== 'close' : [on].flat().includes(call.method);
    if (!about || when?.(call) === false) return false;
    this.#met += 1;
    return this.#met >= nth;
  }

  strikes(): boolean {
    const { share, times = share === undefined ? 1 : Number.POSITIVE_INFINITY } = this.rule;
    if (this.struck >= times || (share !== undefined && this.#random() >= share)) return false;
    this.struck += 1;
    return true;
  }
}

function unavailable(what: string, outcome: 'refused' | 'unknown'): BackendError {
  return new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', `Injected fault: ${what}.`, {
    retryable: true,
    outcome,
  });
}

function describe({ on, nth, share, fault }: FaultRule): string {
  const what = typeof fault === 'string' ? fault : Object.keys(fault)[0];
  const where = on === undefined ? 'any call' : [on].flat().join(' or ');
  const which = [nth !== undefined && `call ${nth}`, share !== undefined && `share ${share}`]
    .filter(Boolean)
    .join(', ');
  return `${what} on ${where}${which && ` (${which})`}`;
}
