/** What the page and its server say to each other. The page has no Node types, so nothing is imported here. */

/** What the page shows of a buffer, each time it asks. */
export interface State {
  readonly health: {
    readonly status: 'ready' | 'failing' | 'closed';
    readonly failingForMs: number;
    readonly held: number;
    readonly heldForMs: number;
    readonly dropped: number;
  };
  /** Why the backend could not be read last; left out if it could. */
  readonly trouble?: string;
  /** The latest one; left out if there is none yet. */
  readonly snapshot?: Snapshot;
  /** Which partitions the snapshot lacks, since one of several servers is away, and why; left out if it has all. */
  readonly missing?: string;
  /** Those that the page does not have yet, oldest first. */
  readonly history: readonly Point[];
  /** When it is worth asking again, in milliseconds. */
  readonly againInMs: number;
}

/** What the backend held at a time. */
export interface Snapshot {
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
  /** How long ago that was, in milliseconds. */
  readonly ageMs: number;
  readonly pending: number;
  readonly claimed: number;
  readonly dead: number;
  readonly oldestMs: number;
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly partition: number;
  readonly pending: number;
  readonly claimed: number;
  readonly dead: number;
  readonly oldestMs: number;
  readonly batch?: Batch;
}

/** The unsettled batch of a partition. */
export interface Batch {
  readonly id: string;
  readonly ageMs: number;
  readonly attempt: number;
  readonly failures: number;
  readonly isLeased: boolean;
  readonly dueInMs: number;
  /** Who leased it; left out if nobody holds it, or if that is not known. */
  readonly worker?: string;
  readonly leasedForMs?: number;
  readonly lastError?: string;
  readonly failingForMs?: number;
}

/** The totals at a time: what plots are drawn from. What was added and taken counts from when the partitions began. */
export type Point = readonly [
  at: number,
  pending: number,
  claimed: number,
  dead: number,
  oldestMs: number,
  added: number,
  taken: number,
];

/** A filter's value with its type, which JSON would lose of some. */
export interface Filter {
  readonly name: string;
  readonly type: 'text' | 'number' | 'bigint' | 'boolean' | 'date' | 'null';
  readonly value: string;
}

/** A target whose pending sums are looked up. */
export interface TargetQuery {
  readonly model: string;
  readonly columns: readonly string[];
  readonly filters: readonly Filter[];
}

/** What is pending or in an unsettled batch of a target, by column. */
export type TargetSums = Readonly<Record<string, number>>;

export interface DeadLetter {
  readonly id: string;
  readonly partition: number;
  /** Left out if the stored form is unreadable. */
  readonly entry?: DeadEntry;
  readonly reason: string;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly buriedAt: number;
}

export interface DeadEntry {
  readonly model: string;
  readonly filters: readonly Filter[];
  readonly columns: readonly (readonly [name: string, sum: number])[];
  /** Names and values as JSON, shortened. */
  readonly extra: string;
  readonly signalOnly: boolean;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
}

/** Which dead letters: all that have the text in their reason or target, whatever its case. */
export interface DeadLetterQuery {
  readonly partition?: number;
  readonly text?: string;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** How many dead letters there are in all, whether they match or not. */
  readonly dead: number;
  /** How many were looked at. */
  readonly looked: number;
  /** Where to go on; left out at the end. */
  readonly next?: string;
}

export type Action = 'redrive' | 'discard';

/** Whether this user may do each of them. */
export type Rights = Readonly<Record<Action, boolean>>;

/** The dead letters to act on. */
export type ActionTarget = { readonly ids: readonly string[] } | { readonly matching: DeadLetterQuery };

export interface ActionResult {
  readonly asked: number;
  readonly done: number;
  /** Whether more may match than were looked at, or than one action takes. */
  readonly mayBeMore: boolean;
}

/** With every status that is not 200. */
export interface Failure {
  readonly error: string;
}

/** Dead letters that one action takes, at most. */
export const MOST_ACTED = 1000;

/** The header that the page sends along with what changes something: no other site can make a browser send it. */
export const PAGE_HEADER = 'x-sluice-board';
