import type { Backend, Clock } from '@sluice/core';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import { Redis } from 'ioredis';

/** The backend of a run, and what can befall its data. */
export interface Store {
  readonly backend: Backend;
  /** All data is gone. */
  wipe(): Promise<void>;
  /** Copies all data; returns what puts the copy in the place of what there is then. */
  snapshot(): Promise<() => Promise<void>>;
}

/** Opens an empty store that lives by a clock. */
export type OpenStore = (clock: Pick<Clock, 'now'>) => Promise<Store>;

export const memoryStore: OpenStore = async (clock) => {
  const backend = memory({ clock });
  const empty = backend.snapshot();
  return {
    backend,
    wipe: async () => backend.restore(empty),
    async snapshot() {
      const copy = backend.snapshot();
      return async () => backend.restore(copy);
    },
  };
};

/** Opens stores on a server that nothing else uses, one after the other. */
export class RedisStores implements Disposable {
  readonly #client: Redis;

  constructor(url: string) {
    this.#client = new Redis(url);
  }

  [Symbol.dispose](): void {
    this.#client.disconnect();
  }

  readonly open: OpenStore = async (clock) => {
    const client = this.#client;
    await client.flushall();
    return {
      backend: redis({ client, clock }),
      wipe: async () => void (await client.flushall()),
      async snapshot() {
        const keys = await client.keys('*');
        const copies = await Promise.all(
          keys.map(async (key) => [key, (await client.dumpBuffer(key)) as Buffer] as const),
        );
        return async () => {
          const transaction = client.multi().flushall();
          for (const [key, copy] of copies) transaction.restore(key, 0, copy);
          await transaction.exec();
        };
      },
    };
  };
}
