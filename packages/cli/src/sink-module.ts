import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Sink } from '@sluice/core';
import { UsageError } from './exit-code.js';
import { printable } from './format/printable.js';
import type { Session } from './session.js';

/** What a module gives for `--sink`. */
export interface SinkModule {
  /** Its default export. The sink of `@sluice/kysely` has `validate`. */
  readonly sink: Sink & { validate?(): Promise<unknown> };
  /** Ends what the module has opened, such as a pool. */
  close(): Promise<void>;
}

/** Loads the module at a path: its default export is the sink, `close` what ends it. */
export async function loadSink({ world }: Session, path: string): Promise<SinkModule> {
  const loaded = await load(resolve(world.folder, path));
  const sink = sinkIn(loaded.default);
  if (sink === undefined) {
    throw new UsageError(
      `${printable(path)} must export a sink as its default: export default kyselySink({ … }).`,
    );
  }
  const { close } = loaded;
  return {
    sink,
    close: async () => {
      if (typeof close === 'function') await close();
    },
  };
}

interface Loaded {
  readonly default?: unknown;
  readonly close?: unknown;
}

async function load(file: string): Promise<Loaded> {
  try {
    return (await import(pathToFileURL(file).href)) as Loaded;
  } catch (error) {
    throw new UsageError(
      `The module of --sink cannot be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** A CommonJS module that was compiled from ESM has its default export one level down. */
function sinkIn(exported: unknown): SinkModule['sink'] | undefined {
  if (typeof exported === 'function') return exported as SinkModule['sink'];
  const { default: inner } = Object(exported) as Loaded;
  return typeof inner === 'function' ? (inner as SinkModule['sink']) : undefined;
}
