import type { TableInfo } from './catalogue.js';

/** How long it is believed: a migration may change tables while workers run, and no batch need fail for it. */
const BELIEVED_FOR_MS = 60_000;

/** What the database said of its tables: what batches share, until one fails or a minute has passed. */
export class Known {
  /** By name, as JSON. */
  readonly tables = new Map<string, TableInfo>();
  /** Names of demands whose tables were checked; the ledger has the empty one. */
  readonly sound = new Set<string>();
  #since = performance.now();

  forget(): void {
    this.tables.clear();
    this.sound.clear();
    this.#since = performance.now();
  }

  forgetIfOld(): void {
    if (performance.now() - this.#since > BELIEVED_FOR_MS) this.forget();
  }
}
