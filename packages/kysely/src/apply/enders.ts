import { type Group, halves, isGroup } from '../plan/groups.js';
import type { Failed } from './blame.js';
import { TransactionLost } from './undo.js';

/** A group whose data ended the transaction, as a trigger may in SQLite: the others are to be applied in another one. */
export class EndedBy extends TransactionLost {
  readonly group: Group;

  constructor(group: Group, { message, reason }: TransactionLost) {
    super(message, reason);
    this.group = group;
  }
}

/**
 * Looks for the rows that end any transaction they are applied in. Nothing else of such a transaction is left, so each try
 * takes a new one, in which the halves of the group at fault stand by themselves.
 */
export class Enders {
  /** What the next transaction is to apply. */
  groups: readonly Group[];
  readonly failed: Failed[] = [];

  constructor(groups: readonly Group[]) {
    this.groups = groups;
  }

  /** Whether another transaction will come further than the one that failed with this error. */
  narrow(error: unknown): boolean {
    if (!(error instanceof EndedBy)) return false;
    const { group, reason } = error;
    if (group.length === 1) this.failed.push({ row: group[0], error: reason });
    const rest = this.groups.flatMap((one) => {
      const others = one.filter((row) => !group.includes(row));
      return isGroup(others) ? [others] : [];
    });
    this.groups = group.length === 1 ? rest : [...rest, ...halves(group)];
    return true;
  }
}
