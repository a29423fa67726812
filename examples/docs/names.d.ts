// What the code on the pages and in doc comments leaves to the reader: names that a block uses and does not declare.

import type * as core from '@sluice/core';
import type { Redis } from 'ioredis';
import type { Dialect, Kysely } from 'kysely';
import type { Pool, PoolClient } from 'pg';

declare global {
  const {
    createBuffer,
    createWorker,
    openBuffer,
    max,
    min,
    IncrementError,
    SinkUnavailableError,
    SluiceError,
  }: typeof core;
  type Sink = core.Sink;
  type SinkResult = core.SinkResult;
  type Telemetry = core.Telemetry;

  const backend: core.Backend;
  const buffer: core.Buffer;
  const client: Redis;
  const dialect: Dialect;
  const logger: core.Logger;
  const metrics: Record<'count' | 'gauge', (name: string, value: number) => void>;
  const path: string;
  /** A reader's own job queue. */
  const queue: {
    onMessage(take: (partition: number) => Promise<unknown>): void;
    onError(report: (error: unknown) => void): void;
    send(partitions: readonly number[]): Promise<void>;
    close(): Promise<void>;
  };
  const pool: Pool;
  const sink: core.Sink;
  // biome-ignore lint/suspicious/noExplicitAny: a reader's database, of any kind
  const db: Kysely<any>;

  function report(error: unknown): void;
  function applyEntries(client: PoolClient, entries: readonly core.Entry[]): Promise<void>;
}
