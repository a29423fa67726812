/**
 * Everything the backend holds. Fields and reasons are JSON in `text` columns, not in `jsonb`: what a service
 * counts may hold a NUL character, and `jsonb` refuses it even escaped.
 */
export const TABLES = `
  CREATE SCHEMA IF NOT EXISTS sluice;

  -- One row a partition: its lock, and what outlives its batches.
  CREATE TABLE IF NOT EXISTS sluice.partition (
    id int PRIMARY KEY,
    epoch text NOT NULL,
    -- How many writes were applied: the position of the latest one.
    applied bigint NOT NULL DEFAULT 0,
    -- Records of producers below this position may have been removed.
    floor bigint NOT NULL DEFAULT 0,
    -- How many batches there were: the number of the latest one.
    batches bigint NOT NULL DEFAULT 0,
    -- Entries of writes that were added, and entries that batches took.
    added bigint NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0,
    -- The tokens that settled the latest leases.
    settled text[] NOT NULL DEFAULT '{}'
  );

  -- The numbers of partitions that producers have.
  CREATE TABLE IF NOT EXISTS sluice.partition_count (
    count int PRIMARY KEY
  );

  -- The last write of every producer, and what was refused of it.
  CREATE TABLE IF NOT EXISTS sluice.producer (
    partition int,
    id text,
    number bigint NOT NULL,
    position bigint NOT NULL,
    nonce text NOT NULL,
    refused text NOT NULL,
    PRIMARY KEY (partition, id)
  );
  CREATE INDEX IF NOT EXISTS producer_position ON sluice.producer (partition, position);

  -- Pending until it is claimed, in the order of place.
  CREATE TABLE IF NOT EXISTS sluice.entry (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition int NOT NULL,
    claimed boolean NOT NULL DEFAULT false,
    key text NOT NULL,
    fields text NOT NULL
  );
  CREATE INDEX IF NOT EXISTS entry_queue ON sluice.entry (partition, claimed, place);
  -- A hash index, because keys may be longer than what a B-tree takes.
  CREATE INDEX IF NOT EXISTS entry_key ON sluice.entry USING hash (key);

  -- The unsettled batch of a partition, made of the claimed entries.
  CREATE TABLE IF NOT EXISTS sluice.batch (
    partition int PRIMARY KEY,
    id text NOT NULL,
    number bigint NOT NULL,
    made_at bigint NOT NULL,
    -- Of the claim that leased it. Without one nobody holds it: it waits to be delivered again.
    token text,
    -- Who made that claim, and when.
    worker text NOT NULL,
    leased_at bigint NOT NULL,
    attempt int NOT NULL,
    due_at bigint NOT NULL,
    -- How long the wait until due_at is, in case the clock is set back.
    wait_ms bigint NOT NULL,
    failures int NOT NULL DEFAULT 0,
    error text,
    failing_since bigint
  );

  CREATE TABLE IF NOT EXISTS sluice.dead_letter (
    partition int,
    id text,
    batch_number bigint NOT NULL,
    key text NOT NULL,
    fields text NOT NULL,
    reason text NOT NULL,
    attempts int NOT NULL,
    buried_at bigint NOT NULL,
    PRIMARY KEY (partition, id)
  );
`;

export interface PartitionRow {
  epoch: string;
  applied: number;
  floor: number;
  batches: number;
  settled: string[];
}

export interface ProducerRow {
  number: number;
  position: number;
  nonce: string;
  refused: string;
}

export interface BatchRow {
  partition: number;
  id: string;
  number: number;
  made_at: number;
  token: string | null;
  worker: string;
  leased_at: number;
  attempt: number;
  due_at: number;
  wait_ms: number;
  failures: number;
  error: string | null;
  failing_since: number | null;
}

/** What rows of entries and of dead letters have in common. */
export interface EntryRow {
  key: string;
  fields: string;
}

export interface DeadLetterRow extends EntryRow {
  id: string;
  batch_number: number;
  reason: string;
  attempts: number;
  buried_at: number;
}
