import { BackendError } from '@sluice/core';
import { mustBe, mustBeInteger, mustBeKnown, mustBePlainObject, option } from '@sluice/core/backend';

/** Which calls replicas have to have before they count as done, and how many of them. */
export interface Durability {
  /**
   * As many replicas must have a claim before its sink runs, so that no failover to one of them applies a batch twice. It
   * must be all replicas that can be promoted: another one may lack the claim.
   */
  readonly replicas: number;
  /** How long to wait for them, in milliseconds; less than `commandTimeoutMs`. */
  readonly timeoutMs: number;
  /**
   * Whether they must have each write, too, before its increments resolve. `flush()` and `close()` then wait for that, so
   * that what a process counted before it ended survives a failover. Without, running producers send again what a new
   * master lacks.
   * @default false
   */
  readonly writes?: boolean;
}

/** @throws InvalidInputError naming what is wrong */
export function checkDurability(durability: Durability, commandTimeoutMs: number): void {
  const of = 'durability';
  mustBePlainObject(option(of, 'redis()'), durability);
  mustBeKnown(option(of, 'redis()'), durability, ['replicas', 'timeoutMs', 'writes']);
  const { replicas, timeoutMs, writes } = durability;
  mustBeInteger(option('replicas', of), replicas, 1, 100);
  mustBeInteger(option('timeoutMs', of), timeoutMs, 1, commandTimeoutMs - 1);
  if (writes !== undefined && typeof writes !== 'boolean')
    throw mustBe(option('writes', of), 'a boolean', writes);
}

/** Too few replicas have a call in time. Its server has it. */
export function notReplicated(count: number, { replicas, timeoutMs }: Durability): BackendError {
  return new BackendError(
    'ERR_SLUICE_BACKEND_UNREPLICATED',
    `Redis: ${count} of ${replicas} replicas (durability.replicas) have this in ${timeoutMs} ms. It is not relied on until they do. Look at the replicas of the server: INFO replication.`,
    { retryable: true, outcome: 'unknown' },
  );
}
