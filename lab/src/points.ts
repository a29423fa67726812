/** Where a producer can die: around the call that sends a write to Redis. */
export const PRODUCER_POINTS = ['before send', 'during send', 'after send'] as const;

/** Where a worker can die: around the claim, the transaction and the ack. */
export const WORKER_POINTS = [
  'during claim',
  'after claim',
  'before commit',
  'after commit',
  'after ack',
] as const;

/** Where a worker can stall until its lease has run out. */
export const STALL_POINTS = ['after claim', 'before commit', 'after commit'] as const;

type ProducerPoint = (typeof PRODUCER_POINTS)[number];
type WorkerPoint = (typeof WORKER_POINTS)[number];
export type Point = ProducerPoint | WorkerPoint;

/** What the driver tells a child. */
export type Order =
  | { readonly order: 'stop at'; readonly point: Point; readonly by: 'SIGKILL' | 'SIGSTOP' }
  | { readonly order: 'go on' }
  | { readonly order: 'jump'; readonly ms: number }
  | { readonly order: 'finish' };

/** What a child tells the driver. */
export type Note =
  | { readonly note: 'at'; readonly point: Point }
  | { readonly note: 'resumed'; readonly afterMs: number }
  | { readonly note: 'jumped' }
  | { readonly note: 'deadlock' }
  /** The buffer says that acknowledged writes are missing: never true while Redis keeps what it acknowledged. */
  | { readonly note: 'lost'; readonly detail: string };
