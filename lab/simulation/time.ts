interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/**
 * The time of a run. It stands still while anything runs, replies of a real server included, and then jumps to the next
 * timer: what happens, and in which order, depends on the seed alone.
 */
export class Time {
  #now = Date.UTC(2026, 0, 1);
  /** In the order in which they fall due. */
  readonly #timers: Timer[] = [];
  #io = 0;
  #ioEnded = (): void => {};

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), task };
    let place = this.#timers.length;
    while (place > 0 && (this.#timers[place - 1] as Timer).at > timer.at) place -= 1;
    this.#timers.splice(place, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  /** Lets time stand still until a call of a server has ended. */
  async standStill<T>(call: Promise<T>): Promise<T> {
    this.#io += 1;
    try {
      return await call;
    } finally {
      this.#io -= 1;
      if (this.#io === 0) this.#ioEnded();
    }
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    while ((this.#timers[0]?.at ?? Number.POSITIVE_INFINITY) <= end) await this.#next();
    this.#now = end;
  }

  /** Goes from timer to timer until the promise settles. Resolves with whether it did so within `ms`. */
  async until(promise: Promise<unknown>, ms: number): Promise<boolean> {
    const end = this.#now + ms;
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await this.#settle();
    while (!settled && (this.#timers[0]?.at ?? Number.POSITIVE_INFINITY) <= end) await this.#next();
    return settled;
  }

  async #next(): Promise<void> {
    const timer = this.#timers.shift() as Timer;
    this.#now = timer.at;
    timer.task();
    await this.#settle();
  }

  /** Lets everything run that needs no time. A macrotask begins only after all microtasks. */
  async #settle(): Promise<void> {
    do {
      if (this.#io > 0) {
        await new Promise<void>((resolve) => {
          this.#ioEnded = resolve;
        });
      }
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#io > 0);
  }
}
