import type { Validation } from '@sluice/core';
import type { Finding, Topic } from './inspect/finding.js';
import { keyFindings } from './inspect/keys.js';
import { rightsFindings, TASKS, type Task } from './inspect/rights.js';
import { settingsOf } from './inspect/settings.js';
import { Keys } from './keys.js';
import { type RedisBackendOptions, resolveOptions } from './options.js';
import { PartitionCounts } from './partition-counts.js';

/** What {@link inspect} found. */
export interface Inspection extends Pick<Validation, 'durability'> {
  /** The versions of the servers, each once. */
  readonly versions: readonly string[];
  /** What is wrong, and what to do. Empty if nothing is. */
  readonly findings: readonly Finding[];
  /** What could not be looked at, since the server does not say it to this user: rights before Redis 7, for one. */
  readonly unchecked: readonly Topic[];
}

/**
 * Looks at the servers more closely than `buffer.validate()`: topic by topic, with the rights of the user and the types of
 * the keys. It changes nothing. For tools and scripts; `npx @sluice/cli check` prints it.
 * Rejects with `BackendError` if a server cannot be asked.
 *
 * @example
 * ```ts
 * import { inspect } from '@sluice/redis';
 *
 * const { findings } = await inspect({ url: 'redis://localhost:6379' }, ['count']);
 * for (const { topic, problem, remedy } of findings) console.log(`${topic}: ${problem} ${remedy}`);
 * ```
 * @param options - Those of `redis()`.
 * @param tasks - What the user of the server is for: other rights are not asked of it. By default everything.
 * @throws InvalidInputError as `redis` does
 */
export async function inspect(
  options: RedisBackendOptions,
  tasks: readonly Task[] = TASKS,
): Promise<Inspection> {
  const { connection, replicating, prefix, durability } = resolveOptions(options);
  const keys = new Keys(prefix);
  try {
    const { findings, ...settings } = await settingsOf(connection, durability);
    const rights = await rightsFindings(connection, keys, tasks);
    const misused = await keyFindings(connection, keys, new PartitionCounts(connection, keys));
    return {
      ...settings,
      findings: [...findings, ...(rights ?? []), ...(misused ?? [])],
      unchecked: [
        ...(rights === undefined ? (['rights'] as const) : []),
        ...(misused === undefined ? (['keys'] as const) : []),
      ],
    };
  } finally {
    await Promise.all([connection.close(), replicating.close()]);
  }
}
