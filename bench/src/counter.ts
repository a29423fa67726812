/** Something that counts views of pages. */
export interface Counter extends AsyncDisposable {
  /** Counts a view of each path. Resolves when all of them are acknowledged; rejects if one is not. */
  count(paths: readonly string[]): Promise<void>;
}

/** A counter that can be asked for one view at a time. */
export interface SingleCounter extends Counter {
  /** Resolves when the view is acknowledged. */
  countOne(path: string): Promise<unknown>;
}

/** Something that takes what was counted out of the store, and hands it to an empty sink. */
export interface Drain extends AsyncDisposable {
  /** Resolves with how many targets there were. */
  drain(): Promise<number>;
}
