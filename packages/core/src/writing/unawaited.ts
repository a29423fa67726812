import type { Emitter } from '../events.js';
import type { Columns, Extra, Filters } from '../schema.js';
import type { Writer } from './writer.js';

/** The increments of one target in one write that nobody awaits. */
interface Unawaited {
  readonly model: string;
  readonly filters: Filters;
  increments: number;
}

/** Increments that nobody awaits: what fails of them is reported by the event `dropped`, and counted. */
export class UnawaitedIncrements {
  readonly #writer: Writer;
  readonly #events: Emitter;
  /** By the promise that all increments of a target in one write share: so there are at most `maxTargets`. */
  readonly #waiting = new Map<Promise<void>, Unawaited>();
  #dropped = 0;

  constructor(writer: Writer, events: Emitter) {
    this.#writer = writer;
    this.#events = events;
  }

  /** Increments that failed since the buffer was made. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @throws as {@link Writer.incr} does */
  count(
    model: string,
    columns: Columns,
    filters: Filters,
    extra: Extra | undefined,
    signalOnly: boolean,
  ): void {
    const acknowledged = this.#writer.incr(model, columns, filters, extra, signalOnly);
    const waiting = this.#waiting.get(acknowledged);
    if (waiting !== undefined) {
      waiting.increments += 1;
      return;
    }
    const first = { model, filters, increments: 1 };
    this.#waiting.set(acknowledged, first);
    acknowledged.then(
      () => this.#waiting.delete(acknowledged),
      (error: unknown) => {
        this.#waiting.delete(acknowledged);
        this.failed(first, error);
      },
    );
  }

  /** Increments failed: counts and reports them. Never throws. */
  failed({ model, filters, increments }: Unawaited, error: unknown): void {
    this.#dropped += increments;
    this.#events.emit('dropped', { model, filters, increments, error });
  }
}
