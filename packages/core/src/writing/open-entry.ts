import type { StoredEntry } from '../entry/fields.js';
import { addIncrement } from '../entry/increment.js';
import { IncrementError, OverflowError } from '../errors.js';
import type { Columns, Extra, FilterValue } from '../schema.js';
import { invariant } from '../support/invariant.js';
import { excerpt } from '../support/text.js';

/** The node of the index that holds an entry. */
export interface IndexNode {
  remove(value: FilterValue): void;
}

/** What this process holds for one target. It takes increments until a write of its partition takes it. */
export class OpenEntry {
  /** Set by the index, with the value under which the node has the entry: so that removing it takes no search. */
  node: IndexNode | undefined;
  value: FilterValue = null;

  constructor(
    readonly stored: StoredEntry,
    readonly partition: number,
    /** Shared by all increments of the target that go in one write. */
    readonly acknowledged: Promise<void>,
  ) {}

  /** Ends the adding: the target's next increment opens another entry. */
  close(): void {
    invariant(this.node !== undefined, 'an entry was closed that the index never had');
    this.node.remove(this.value);
  }

  /**
   * Adds an increment of the target.
   * @throws InvalidInputError as `addIncrement` does, or IncrementError `ERR_SLUICE_OVERFLOW`
   */
  add(columns: Columns, extra: Extra | undefined): void {
    try {
      addIncrement(this.stored.fields, columns, extra);
    } catch (error) {
      throw error instanceof OverflowError ? this.#overflow(error) : error;
    }
  }

  #overflow(cause: OverflowError): IncrementError {
    return new IncrementError(
      'ERR_SLUICE_OVERFLOW',
      `${excerpt(this.stored.key)}: ${cause.message} It was not counted.`,
      { partition: this.partition, outcome: 'refused', cause },
    );
  }
}
