import type { Counter } from '../counter.js';

/*
 * What an `incr` cannot do without: names read from the objects that it gets, sums by column, and a promise for each
 * page. Nothing is checked, and nothing is written anywhere.
 */

interface Slot {
  readonly sums: Record<string, number>;
  readonly acknowledged: Promise<void>;
  readonly acknowledge: () => void;
}

export async function openSlots(): Promise<Counter> {
  const slots = new Map<string, Slot>();
  const incr = (columns: Readonly<Record<string, number>>, filters: Readonly<Record<string, string>>) => {
    const key = Object.keys(filters).reduce((text, name) => text + filters[name], '');
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = newSlot();
      slots.set(key, slot);
    }
    for (const name of Object.keys(columns)) {
      slot.sums[name] = (slot.sums[name] ?? 0) + (columns[name] as number);
    }
    return slot.acknowledged;
  };
  return {
    async count(paths) {
      for (const path of paths) void incr({ views: 1 }, { path });
      for (const { acknowledge } of slots.values()) acknowledge();
    },
    async [Symbol.asyncDispose]() {
      slots.clear();
    },
  };
}

function newSlot(): Slot {
  let acknowledge = (): void => {};
  const acknowledged = new Promise<void>((resolve) => {
    acknowledge = resolve;
  });
  return { sums: {}, acknowledged, acknowledge };
}
