import assert from 'node:assert/strict';
import type { Backend, Columns, Extra } from '@sluice/core';
import {
  type AddResult,
  type ClaimRequest,
  type ClaimResult,
  type Fields,
  fieldsOf,
  type StoredBatch,
  type StoredDeadLetter,
  type StoredEntry,
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
  #claims = 0;

  constructor(backend: Backend, clock: ManualClock) {
    this.backend = backend;
    this.clock = clock;
  }

  /** Adds entries as a producer's next write, and expects that it applies. */
  readonly add = async (
    entries: readonly StoredEntry[],
    { partition = 0, producer = 'producer' }: { partition?: number; producer?: string } = {},
  ): Promise<Applied> => {
    const id = `${partition}/${producer}`;
    const number = (this.#numbers.get(id) ?? 0) + 1;
    this.#numbers.set(id, number);
    const result = await this.backend.add(write(number, entries, { partition, producer }));
    assert.ok(result.status === 'applied', `expected the write to apply; got ${JSON.stringify(result)}`);
    return result;
  };

  /** Claims under a token that was not used before, unless one is given. */
  readonly claim = ({ partition = 0, ...request }: ClaimOptions = {}): Promise<ClaimResult> => {
    this.#claims += 1;
    const { size = 1000, leaseMs = LEASE_MS, claimToken: token = `token-${this.#claims}` } = request;
    const { batchIdPrefix: id = `${partition}-batch-${this.#claims}` } = request;
    return this.backend.claim(partition, { size, leaseMs, batchIdPrefix: id, claimToken: token });
  };

  /** Claims, and expects a lease. */
  readonly lease = async (options: ClaimOptions = {}): Promise<Held> => {
    const token = options.claimToken ?? `lease-${this.#claims + 1}`;
    const claimed = await this.claim({ ...options, claimToken: token });
    assert.ok(claimed.status === 'leased', `expected a lease; the claim returned ${JSON.stringify(claimed)}`);
    return {
      ...claimed.batch,
      token: claimed.leaseToken,
      claim: token,
      paths: claimed.batch.entries.map(({ key }) => pathOf(key)),
    };
  };

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

  /** Pending fields of a page, in partition 0. */
  readonly read = (path: string): Promise<Fields | undefined> => this.backend.read(0, keyOf(path));

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

/** A write of partition 0, by "producer". */
export function write(number: number, entries: readonly StoredEntry[], other: Partial<Write> = {}): Write {
  return { partition: 0, producer: 'producer', number, entries, newEpoch: `epoch-${number}`, ...other };
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
