import { SluiceError } from './errors.js';
import type { AnySchema, Batch, Entry, Filters, Schema } from './schema.js';
import { messageOf } from './support/text.js';

/**
 * What a buffer's listeners hear of: see {@link Buffer.on}. Events without a listener are logged, but for `processed`:
 * see {@link BufferOptions.logger}.
 */
export interface BufferEvents<S extends Schema<S> = AnySchema> {
  /**
   * The sink applied a batch. `entries` are those that it did not reject, signal-only ones included; `durationMs` is how
   * long it took to apply and acknowledge it, in milliseconds. Heard at least once while the process lives, even if the
   * acknowledgement failed; then the batch is delivered again, and may be heard of twice.
   */
  processed: { readonly batch: Batch<S>; readonly entries: readonly Entry<S>[]; readonly durationMs: number };
  /** A delivery failed; the batch waits, with its partition, and is delivered again in `delayMs`. */
  retry: {
    readonly batch: Batch<S>;
    readonly error: unknown;
    readonly delayMs: number;
    /** Whether the failure is about the data. If not, as in an outage, it brings the batch no nearer to being given up. */
    readonly isVerdict: boolean;
    /** How many deliveries failed because of the data, this one included: see `maxAttempts`. */
    readonly failures: number;
    /** How long ago the batch was made, in milliseconds: see `giveUpAfterMs`. */
    readonly ageMs: number;
  };
  /**
   * Entries became dead letters: those that the sink rejected, and as many more as `unreadable` says. `reason` is that of
   * the first.
   */
  buried: {
    readonly batch: Batch<S>;
    readonly entries: readonly Entry<S>[];
    readonly unreadable: number;
    readonly reason: string;
  };
  /**
   * The backend no longer has writes that it acknowledged; their increments may not have been applied. `wiped`: its data
   * is another one than before, so what was pending is gone; `too far behind`: it went back to a time before writes that
   * are no longer kept here; `refused`: it went back, and did not take `targets` again.
   */
  lost: {
    readonly partition: number;
    readonly producer: string;
    /** The numbers of the first and the last write concerned. */
    readonly from: number;
    readonly to: number;
    readonly reason: 'wiped' | 'too far behind' | 'refused';
    /** The keys of the targets concerned, if it is not all of them. */
    readonly targets?: readonly string[];
  };
  /**
   * Increments by {@link Buffer.count} failed, all of one target. `error` is what {@link Buffer.incr} would have rejected
   * with: its `outcome` says whether they may have been counted.
   */
  dropped: {
    readonly model: string;
    readonly filters: Filters;
    readonly increments: number;
    readonly error: unknown;
  };
  /** Something failed in the background: a renewal, a write that is repeated, a listener. */
  error: unknown;
}

export const EVENT_NAMES = [
  'processed',
  'retry',
  'buried',
  'lost',
  'dropped',
  'error',
] as const satisfies (keyof BufferEvents)[];

export function isEventName(name: unknown): name is keyof BufferEvents {
  return (EVENT_NAMES as readonly unknown[]).includes(name);
}

/** What {@link Buffer.on} calls. What it throws becomes an `error` event. */
export type Listener<T> = (event: T) => void;

/** Calls the listener for each such event; returns what removes it. */
export type Watch = <E extends keyof BufferEvents>(
  event: E,
  listener: Listener<BufferEvents[E]>,
) => () => void;

/** Takes the events that nobody listens for. */
export type Unheard = <E extends keyof BufferEvents>(event: E, detail: BufferEvents[E]) => void;

type Listeners = { [E in keyof BufferEvents]?: Set<Listener<BufferEvents[E]>> };

/** Delivers events to listeners, none of which can break the buffer or keep the others from hearing. */
export class Emitter {
  readonly #unheard: Unheard;
  readonly #listeners: Listeners = {};
  readonly #watchers: Listeners = {};

  constructor(unheard: Unheard) {
    this.#unheard = unheard;
  }

  on<E extends keyof BufferEvents>(event: E, listener: Listener<BufferEvents[E]>): () => void {
    return addTo(this.#listeners, event, listener);
  }

  /** The same for a listener that only watches: an event that nobody else hears is unheard. */
  watch<E extends keyof BufferEvents>(event: E, listener: Listener<BufferEvents[E]>): () => void {
    return addTo(this.#watchers, event, listener);
  }

  /** Returns whether anybody listens. */
  emit<E extends keyof BufferEvents>(event: E, detail: BufferEvents[E]): boolean {
    for (const watcher of this.#watchers[event] ?? []) this.#call(watcher, event, detail);
    const listeners = this.#listeners[event];
    if (!listeners?.size) {
      this.#unheard(event, detail);
      return false;
    }
    for (const listener of listeners) this.#call(listener, event, detail);
    return true;
  }

  #call<E extends keyof BufferEvents>(
    listener: Listener<BufferEvents[E]>,
    event: E,
    detail: BufferEvents[E],
  ): void {
    try {
      // An async listener passes for one that returns nothing.
      const returned: unknown = listener(detail);
      if (isThenable(returned)) returned.then(undefined, (cause: unknown) => this.#failed(event, cause));
    } catch (cause) {
      this.#failed(event, cause);
    }
  }

  #failed(event: keyof BufferEvents, cause: unknown): void {
    const failure = new SluiceError(
      'ERR_SLUICE_LISTENER_FAILED',
      `A listener of "${event}" threw: ${messageOf(cause)}`,
      { cause },
    );
    if (event === 'error') this.#unheard(event, failure);
    else this.emit('error', failure);
  }
}

function addTo<E extends keyof BufferEvents>(
  all: Listeners,
  event: E,
  listener: Listener<BufferEvents[E]>,
): () => void {
  const listeners: Set<typeof listener> = all[event] ?? new Set();
  // The compiler does not see that the key and the listener are of one event.
  all[event] = listeners as never;
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
