import { type Fields, merge, stampLast } from '@sluice/core/backend';
import { claimedFields, type PartitionState } from './partition-state.js';
import { addPending } from './pending.js';

/** Merges a dead letter into the pending entries. `false`: there is none, it would overflow, or it is unreadable. */
export function redriveLetter(state: PartitionState, id: string, now: number): boolean {
  const letter = state.dead.get(id);
  if (letter === undefined || !isReadable(letter.entry.fields)) return false;
  const { key } = letter.entry;
  const claimed = claimedFields(state, key);
  const stamped = stampLast(letter.entry.fields, letter.batchNumber);
  const fields = claimed === undefined ? stamped : withoutOlder(stamped, claimed);
  if (addPending(state, { key, fields }, now) !== undefined) return false;
  return state.dead.delete(id);
}

function isReadable(fields: Fields): boolean {
  try {
    merge({}, fields);
    return true;
  } catch {
    return false;
  }
}

/** Leaves out each `last` value that was counted before that of the unsettled batch, which will be applied first. */
function withoutOlder(fields: Fields, claimed: Fields): Fields {
  const isLater = (field: string, value: Fields[string]) => {
    const both = { [field]: claimed[field] ?? value };
    merge(both, { [field]: value });
    return both[field] === value;
  };
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.filter(([field, value]) => field[0] !== '=' || isLater(field, value)));
}
