import { readFileSync } from 'node:fs';

/** One call of `incr`. */
export interface Increment {
  readonly name: string;
  readonly owner: string;
  readonly views: number;
  readonly balance: number;
  readonly seen: number;
}

/** How a call ended. One that was under way when its producer died is of unknown outcome. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

export interface Operation {
  readonly increment: Increment;
  readonly outcome: Outcome;
}

/** What a producer was told to be lost: an entry of a write, with the sums of the increments that went into it. */
export type LostEntry = Omit<Increment, 'seen'>;

/** What a producer recorded. */
export interface History {
  readonly operations: readonly Operation[];
  readonly lost: readonly LostEntry[];
}

/**
 * Reads the history of a producer that has ended.
 * @throws Error when the history ends an increment that it did not begin
 */
export function readHistory(path: string): History {
  const operations: Operation[] = [];
  const lost: LostEntry[] = [];
  const open = new Map<string, Increment>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [event, number, ...values] = line.split(' ') as [string, string, ...string[]];
    if (event === 'begin') open.set(number, incrementOf(values));
    else if (event === 'lost') lost.push(incrementOf([number, ...values]));
    else if (event !== '') {
      const increment = open.get(number);
      if (increment === undefined)
        throw new Error(`${path} ends increment ${number}, which it did not begin`);
      open.delete(number);
      operations.push({ increment, outcome: event as Outcome });
    }
  }
  for (const increment of open.values()) operations.push({ increment, outcome: 'unknown' });
  return { operations, lost };
}

function incrementOf([name = '', owner = '', views, balance, seen]: readonly string[]): Increment {
  return { name, owner, views: Number(views), balance: Number(balance), seen: Number(seen) };
}
