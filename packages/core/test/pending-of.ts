import type { Backend, Fields } from '../src/backend.js';

/** The fields of a target that are pending. */
export async function pendingOf(store: Backend, key: string, partition = 0): Promise<Fields | undefined> {
  const [sums] = await store.read([{ partition, key }]);
  return sums?.pending;
}
