import assert from 'node:assert/strict';
import type { Backend, Columns, Extra, PartitionStats } from '@sluice/core';
import {
  type AddResult,
  BATCH_BYTES,
  type ClaimRequest,
  type ClaimResult,
  type Failure,
  type Fields,
  fieldsOf,
  MAX_PARTITIONS,
  type Position,
  type StoredBatch,
  type StoredDeadLetter,
  type StoredEntry,
  type StoredSums,
  targetKey,
  type Write,
} from '@sluice/core/backend';
import type { ManualClock } from '../manual-clock.js';

/** Tests by name. The name is the promise that the test checks. */
export type Promises = Readonly<Record<string, (fixture: Fixture) => Promise<void>>>;

/** A batch that a test holds, with all that it needs to settle it. */
export interface Held extends StoredBatch {
  readonly token: string;
  /** The token of the claim. */
  readonly claim: string;
  /** The pages of the entries: see `page`. */
  readonly paths: readonly string[];
}

type Applied = Extract<AddResult, { status: 'applied' | 'duplicate' }>;

export type ClaimOptions = Partial<ClaimRequest> & { readonly partition?: number };

export type WriteOptions = Partial<Omit<Write, 'number' | 'entries'>>;

/** The number of partitions that producers of a test join with, if it is enough: `stats()` may look at each of them. */
const FEW_PARTITIONS = 32;

/** How long a test's lease lasts, unless the test says otherwise. */
export const LEASE_MS = 30_000;

/**
 * What every test of the suite gets: an empty backend, its clock, and short words for common steps. Methods are
 * arrow functions, so that a test can pick the ones it needs.
 */
export class Fixture {
  readonly backend: Backend;
  readonly clock: ManualClock;
  readonly #numbers = new Map<string, number>();
  readonly #positions = new Map<string, Position>();
  #claims = 0;

  constructor(backend: Backend, clock: ManualClock) {
    this.backend = backend;
    this.clock = clock;
  }

  /** A write by a producer, "producer" of partition 0 by default, which joins before its first one. */
  readonly write = async (
    number: number,
    entries: readonly StoredEntry[],
    options: WriteOptions = {},
  ): Promise<Write> => {
    const { partition = 0, producer = 'producer' } = options;
    const id = `${partition}/${producer}`;
    const partitions = partition < FEW_PARTITIONS ? FEW_PARTITIONS : MAX_PARTITIONS;
    const { epoch, position } = this.#positions.get(id) ?? (await this.backend.join(partition, partitions));
    this.#positions.set(id, { epoch, position });
    const numbers = { number, follows: number - 1, nonce: `${id}/${number}` };
    return { partition, producer, entries, epoch, position, ...numbers, ...options };
  };

  /** Sends a write, whatever becomes of it. */
  readonly send = async (...[number, entries, options]: Parameters<Fixture['write']>): Promise<AddResult> => {
    return this.backend.add(await this.write(number, entries, options));
  };

  /** Adds entries as a producer's next write, and expects that it applies. */
  readonly add = async (entries: readonly StoredEntry[], options: WriteOptions = {}): Promise<Applied> => {
    const id = `${options.partition ?? 0}/${options.producer ?? 'producer'}`;
    const number = (this.#numbers.get(id) ?? 0) + 1;
    this.#numbers.set(id, number);
    const result = await this.send(number, entries, options);
    assert.ok(result.status === 'applied', `expected the write to apply; got ${JSON.stringify(result)}`);
    return result;
  };

  /** Claims under a token that was not used before, unless one is given. */
  readonly claim = ({ partition = 0, ...request }: ClaimOptions = {}): Promise<ClaimResult> =>
    this.backend.claim(partition, this.#request(partition, request));

  /** Acknowledges under a lease token, and claims the next batch. */
  readonly claimNext = (
    token: string,
    { partition = 0, ...request }: ClaimOptions = {},
  ): Promise<ClaimResult | false> =>
    this.backend.ackAndClaim(partition, token, this.#request(partition, request));

  /** Claims, and expects a lease. */
  readonly lease = (options: ClaimOptions = {}): Promise<Held> =>
    this.#held(options, (request) => this.claim(request));

  /** Acknowledges under a lease token, and expects the lease of the next batch. */
  readonly next = (token: string, options: ClaimOptions = {}): Promise<Held> =>
    this.#held(options, (request) => this.claimNext(token, request));

  async #held(
    options: ClaimOptions,
    claim: (options: ClaimOptions) => Promise<ClaimResult | false>,
  ): Promise<Held> {
    const token = options.claimToken ?? `lease-${this.#claims + 1}`;
    const claimed = await claim({ ...options, claimToken: token });
    assert.ok(
      claimed !== false && claimed.status === 'leased',
      `expected a lease; the claim returned ${JSON.stringify(claimed)}`,
    );
    return {
      ...claimed.batch,
      token: claimed.leaseToken,
      claim: token,
      paths: claimed.batch.entries.map(({ key }) => pathOf(key)),
    };
  }

  #request(partition: number, request: Partial<ClaimRequest>): ClaimRequest {
    this.#claims += 1;
    return {
      size: 1000,
      bytes: BATCH_BYTES,
      leaseMs: LEASE_MS,
      batchIdPrefix: `${partition}-batch-${this.#claims}`,
      claimToken: `token-${this.#claims}`,
      worker: 'worker',
      early: false,
      ...request,
    };
  }

  /** Buries entries of a new batch, by default the first, and returns the dead letters of the partition. */
  readonly bury = async (
    entries: readonly StoredEntry[],
    indexes: readonly number[] = [0],
  ): Promise<[StoredDeadLetter, ...StoredDeadLetter[]]> => {
    await this.add(entries);
    const { token } = await this.lease();
    const burials = indexes.map((index) => ({ index, reason: 'refused by the database' }));
    assert.equal(await this.backend.bury(0, token, burials), true);
    const [first, ...others] = await this.backend.deadLetters(0, 0, 1000);
    return [first ?? assert.fail('a burial leaves a dead letter'), ...others];
  };

  /** What the backend holds of a page, without the time of what is pending: a backend may add that at a claim. */
  readonly hold = async (path: string, partition = 0): Promise<StoredSums> => {
    const [sums] = await this.backend.read([{ partition, key: keyOf(path) }]);
    if (sums === undefined) return assert.fail('a read returns something for each target');
    if (sums.pending === undefined) return sums;
    const { '@': _, ...pending } = sums.pending;
    return { ...sums, pending };
  };

  /** Pending fields of a page. */
  readonly read = async (path: string, partition = 0): Promise<Fields | undefined> =>
    (await this.hold(path, partition)).pending;

  /** Claims and acknowledges until nothing is pending, and returns the entries in the order they came out. */
  readonly drain = async (partition = 0): Promise<StoredEntry[]> => {
    const entries: StoredEntry[] = [];
    for (let batches = 0; batches < 20; batches += 1) {
      const claimed = await this.claim({ partition });
      if (claimed.status === 'empty') return entries;
      assert.ok(claimed.status === 'leased', 'a partition without other workers is never busy');
      entries.push(...claimed.batch.entries.map(readable));
      assert.equal(await this.backend.ack(partition, claimed.leaseToken), true);
    }
    return assert.fail('the partition never ran empty');
  };
}

/** An entry of the model "Page". */
export function page(path: string, columns: Columns = { views: 1 }, extra: Extra = {}): StoredEntry {
  return { key: keyOf(path), fields: fieldsOf(columns, extra) };
}

/** The target key of a page. */
export function keyOf(path: string): string {
  return targetKey('Page', { path });
}

/** The path of a page's target key. */
function pathOf(key: string): string {
  return (JSON.parse(key) as string[])[2] as string;
}

/** A failure by a verdict about the data, unless the test says otherwise. */
export function failure(delayMs: number, other: Partial<Failure> = {}): Failure {
  return { reason: 'deadlock', isVerdict: true, delayMs, ...other };
}

/** An entry of a batch that must not be corrupt. */
export function readable(entry: StoredBatch['entries'][number] | undefined): StoredEntry {
  assert.ok(
    entry !== undefined && !('corrupt' in entry),
    `expected a readable entry, got ${JSON.stringify(entry)}`,
  );
  return entry;
}

/** Sums of one column by page, over entries that may name a page several times. */
export function sums(entries: readonly StoredEntry[], column = 'views'): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { key, fields } of entries) {
    total[pathOf(key)] = (total[pathOf(key)] ?? 0) + Number(fields[`+${column}`] ?? 0);
  }
  return total;
}

/** What the partitions hold. All of them can be looked at: the servers are there. */
export async function statsOf(backend: Backend, known = 0): Promise<PartitionStats[]> {
  return (await backend.stats(known)).map((look) => {
    if ('error' in look) throw look.error;
    return look;
  });
}
