import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { type Buffer, type BufferOptions, createBuffer } from '@sluice/core';
import { type RedisBackendOptions, redis } from '@sluice/redis';
import { UsageError } from './exit-code.js';
import { printableLines } from './format/printable.js';
import type { Session } from './session.js';

/** How long a failing call is repeated: somebody waits for it. */
const PATIENCE_MS = 1000;

interface UseOptions extends Omit<BufferOptions, 'backend'> {
  /** By default the one of the URL. */
  readonly server?: RedisBackendOptions;
}

/** Does something with a buffer on the server, and closes it. */
export async function withBuffer<T>(
  session: Session,
  use: (buffer: Buffer) => Promise<T>,
  { server, ...options }: UseOptions = {},
): Promise<T> {
  const buffer = createBuffer({
    backend: redis(server ?? (await serverOf(session))),
    writeTimeoutMs: PATIENCE_MS,
    // What fails is thrown, and printed once.
    logger: { warn() {}, error() {} },
    ...options,
  });
  try {
    return await use(buffer);
  } finally {
    await buffer.close();
  }
}

/** The server, as `redis()` takes it. */
export async function serverOf(session: Session): Promise<RedisBackendOptions & { readonly url: string }> {
  const { url } = session;
  const tls = await tlsOf(session);
  return tls === undefined ? { url } : { url, tls };
}

async function tlsOf({ options, world }: Session): Promise<ConnectionOptions | undefined> {
  const names = (['ca', 'cert', 'key'] as const).filter((name) => options[name] !== undefined);
  if (names.length === 0) return undefined;
  const files = names.map(async (name) => {
    const path = options[name] ?? '';
    const text = await readFile(resolve(world.folder, path)).catch((error: Error) => {
      throw new UsageError(`The file of --${name} cannot be read: ${error.message}.`);
    });
    return [name, text] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

/** Logs for the user, who watches. */
export function loggerOf(session: Session): NonNullable<BufferOptions['logger']> {
  const log = (message: unknown): void => session.note(printableLines(String(message)));
  return { warn: log, error: log };
}
