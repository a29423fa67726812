import { IncrementError } from '../errors.js';

/** The targets that this process may hold, over all partitions, until the backend has them. */
export class TargetBudget {
  readonly #maxTargets: number;
  #held = 0;

  constructor(maxTargets: number) {
    this.#maxTargets = maxTargets;
  }

  /** Targets held: waiting, or in a write that is not settled. */
  get held(): number {
    return this.#held;
  }

  /** Whether at most an eighth of the budget is left. */
  get isNearlyFull(): boolean {
    return this.#held >= (7 / 8) * this.#maxTargets;
  }

  /** Reserves room for one target. @throws IncrementError `ERR_SLUICE_FULL` */
  reserve(partition: number): void {
    if (this.#held >= this.#maxTargets) throw full(this.#maxTargets, partition);
    this.#held += 1;
  }

  /** Frees the room of targets whose increments are settled. */
  release(targets: number): void {
    this.#held -= targets;
  }
}

function full(maxTargets: number, partition: number): IncrementError {
  return new IncrementError(
    'ERR_SLUICE_FULL',
    `This process already holds ${maxTargets} targets that the backend has not taken (maxTargets). Slow down, or await \`incr\`; if the backend is down, try again later.`,
    { partition, outcome: 'refused' },
  );
}
