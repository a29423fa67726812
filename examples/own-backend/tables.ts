/**
 * Everything the backend holds. Fields and reasons are JSON in `text` columns, not in `jsonb`: what a service
 * counts may hold a NUL character, and `jsonb` refuses it even escaped.
 */
export const TABLES = `
  CREATE SCHEMA IF NOT EXISTS sluice;

  -- One row a partition: its lock, and its batch if there is one.
  CREATE TABLE IF NOT EXISTS sluice.partition (
    id int PRIMARY KEY,
    epoch text NOT NULL,
    settled_by text,
    batch text,
    token text,
    attempt int,
    due_at bigint
  );

  -- The last write of every producer, and what was refused of it.
  CREATE TABLE IF NOT EXISTS sluice.producer (
    partition int,
    id text,
    number bigint NOT NULL,
    refused text NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (partition, id)
  );

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

  CREATE TABLE IF NOT EXISTS sluice.dead_letter (
    partition int,
    id text,
    key text NOT NULL,
    fields text NOT NULL,
    reason text NOT NULL,
    attempts int NOT NULL,
    buried_at bigint NOT NULL,
    PRIMARY KEY (partition, id)
  );
`;

/** A batch that is not settled. Without a token nobody holds it: it waits to be delivered again. */
export interface HeldBatch {
  batch: string;
  token: string | null;
  attempt: number;
  due_at: number;
}

/** A row of `sluice.partition`. */
export type PartitionRow = { epoch: string; settled_by: string | null } & (HeldBatch | { batch: null });

/** What rows of entries and of dead letters have in common. */
export interface EntryRow {
  key: string;
  fields: string;
}

export interface DeadLetterRow extends EntryRow {
  id: string;
  reason: string;
  attempts: number;
  buried_at: number;
}
