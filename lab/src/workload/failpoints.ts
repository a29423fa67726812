/** Where a producer can be killed: around the call that sends a write to Redis. */
export const PRODUCER_FAILPOINTS = ['before send', 'during send', 'after send'] as const;

/** Where a worker can be killed: around the claim, the transaction and the ack. */
export const WORKER_FAILPOINTS = [
  'during claim',
  'after claim',
  'before commit',
  'after commit',
  'after ack',
] as const;

/** Where a worker can stall until its lease has run out. */
export const STALL_FAILPOINTS = ['after claim', 'before commit', 'after commit'] as const;

/** A point in a program where the driver can stop its process. */
export type Failpoint = (typeof PRODUCER_FAILPOINTS)[number] | (typeof WORKER_FAILPOINTS)[number];
